// @ts-check
// Rules, schedules and tours with their pause, and the log that says why each thing happened.
import { call } from "../api.js";
import { h, keyed, say } from "../dom.js";
import { dateTime, timeOfDay } from "../format.js";
import { hall, may, topics } from "../hall.js";
import { said, t, word } from "../i18n.js";
import { notice, refused } from "../notice.js";
import { button, card, dot, empty, shown, tourState } from "../pieces.js";
import { kindOf, turnPath } from "../rule-lines.js";
/** @typedef {import("../types.js").RuleLine} RuleLine */
/** @typedef {import("../types.js").LogLine} LogLine */

const LOG_MAX = 300;
/** How a kind of line looks: what acts, what waits, what is wrong. @type {Record<string, string>} */
const TONES = { raised: "lost", ended: "live", fault: "lost", operator: "accent", schedule: "accent", tour: "accent", quiet: "stale", "too-often": "stale", crowded: "stale", waits: "connecting" };

/** @param {import("../rule-lines.js").Paused} what @param {string} id @param {boolean} paused @param {string} name */
function turn(what, id, paused, name) {
  const words = t(paused ? "rule.resumed" : "rule.paused", { name });
  call("POST", turnPath(what, id, paused)).then(() => {
    notice(words, { act: { words: t("undo"), run: () => turn(what, id, !paused, name) } });
    void topics[what === "tours" ? "tours" : "rules"].refresh();
    void topics.log.refresh();
  }, (error) => refused(error, name));
}

/** @returns {import("../shell.js").Page} */
export function rulesPage() {
  const rules = h("div", null), tours = h("div", null), log = h("div", null), list = h("ul", { class: "log" });
  const filter = h("select", { class: "input", "aria-label": t("log.filter"), on: { change: () => { if (topics.log.value) drawLog(topics.log.value); } } });
  const element = h("div", { class: "page rules-page" }, h("header", { class: "page-head" }, h("h1", null, t("nav.rules"))),
    h("div", { class: "cards" }, h("div", { class: "column-cards" }, card(t("rules"), rules), card(t("tours"), tours)), h("div", { class: "column-cards wide" }, card(t("log"), h("div", { class: "log-head" }, h("p", { class: "hint" }, t("log.words")), filter), log))));
  const ruleList = h("ul", { class: "rule-list" }), tourList = h("ul", { class: "rule-list" });
  /** Rules as the controller lists them, else those that the log and the alarms speak of. */
  const ruleLines = () => {
    if (topics.rules.value) return topics.rules.value;
    /** @type {Map<string, RuleLine>} */
    const seen = new Map();
    for (const line of topics.log.value ?? []) if (line.rule && !seen.has(line.rule)) seen.set(line.rule, { rule: line.rule, paused: false });
    for (const alarm of topics.alarms.value ?? []) seen.set(alarm.rule, { rule: alarm.rule, name: alarm.name, paused: false });
    return [...seen.values()].sort((a, b) => a.rule.localeCompare(b.rule));
  };
  const drawRules = () => {
    const lines = ruleLines();
    if (lines.length === 0) { ruleList.remove(); if (!rules.querySelector(".empty")) rules.replaceChildren(empty("rules", t("rules.none"), t("rules.none.words"))); return; }
    if (!ruleList.isConnected) rules.replaceChildren(ruleList);
    keyed(ruleList, lines, (r) => `${r.kind ?? "rule"}/${r.rule}`, () => row(), (e, r) => {
      const name = said(r.name) || r.rule;
      const when = r.paused ? t("rule.rests") : r.kind !== "schedule" ? t("rule.watches") : r.next ? t("rule.next", { time: dateTime(r.next, hall.utc_offset_s).slice(5, 16) }) : t("rule.never");
      renew(e, name, r.paused, [word("rule.kind", r.kind ?? "rule"), when, (r.walls ?? []).map(wallName).join(", ")], () => turn(kindOf(r), r.rule, r.paused, name));
    });
  };
  const wallName = (/** @type {string} */ id) => { const wall = topics.walls.value?.find((w) => w.wall === id); return wall ? said(wall.name) || id : id; };
  const drawTours = () => {
    const lines = topics.tours.value ?? [];
    if (lines.length === 0) { tourList.remove(); if (!tours.querySelector(".empty")) tours.replaceChildren(empty("play", t("tours.none"), t("tours.none.words"))); return; }
    if (!tourList.isConnected) tours.replaceChildren(tourList);
    keyed(tourList, lines, (l) => l.tour, () => row(), (e, l) => {
      const { words, act } = tourState(l, topics.walls.value?.find((w) => w.wall === l.wall));
      const stands = act === "resume";
      renew(e, l.tour, stands, [wallName(l.wall), words], () => turn("tours", l.tour, stands, l.tour));
    });
  };
  const drawLog = (/** @type {LogLine[]} */ lines) => {
    const kinds = [...new Set(lines.map((l) => l.what))].sort();
    if (filter.options.length !== kinds.length + 1) { const was = filter.value; filter.replaceChildren(h("option", { value: "" }, t("log.all")), ...kinds.map((k) => h("option", { value: k }, word("log.what", k)))); filter.value = kinds.includes(was) ? was : ""; }
    const newest = lines.filter((l) => filter.value === "" || l.what === filter.value).slice(-LOG_MAX).reverse();
    if (newest.length === 0) { log.replaceChildren(empty("audit", t("log.none"), t("log.none.words"))); return; }
    if (!list.isConnected) log.replaceChildren(list);
    keyed(list, newest, (l) => String(l.seq), () => h("li", null, h("time", null), dot(""), h("span", { class: "log-what" }), h("span", { class: "log-words" }), h("span", { class: "muted" })), (e, l) => {
      const [time, sign, what, words, sub] = /** @type {[HTMLElement, HTMLElement, HTMLElement, HTMLElement, HTMLElement]} */ ([...e.children]);
      say(time, timeOfDay(l.at, hall.utc_offset_s));
      sign.className = `dot ${TONES[l.what] ?? "idle"}`;
      say(what, word("log.what", l.what));
      say(words, said(l.words));
      say(sub, l.rule ?? l.wall ?? "");
    });
    drawRules();
  };
  const aways = [shown(topics.log, log, drawLog, 8), topics.rules.look(drawRules), topics.alarms.look(drawRules), shown(topics.tours, tours, drawTours, 2), topics.walls.look(() => { if (topics.tours.value) drawTours(); })];
  return { element, title: t("nav.rules"), leave: () => { for (const away of aways) away(); } };
}

/** @type {WeakMap<HTMLElement, () => void>} */
const acts = new WeakMap();
function row() {
  const element = h("li", { class: "rule-row" }, dot("live"), h("div", { class: "rule-text" }, h("strong", null), h("span", { class: "muted" })), h("span", { class: "rule-act" }));
  const act = (/** @type {boolean} */ paused) => button(t(paused ? "resume" : "pause"), () => acts.get(element)?.(), { icon: paused ? "play" : "pause", class: paused ? "resume" : "pause", disabled: !may("operate") });
  element.lastElementChild?.append(act(false), act(true));
  return element;
}
/** @param {HTMLElement} element @param {string} name @param {boolean} paused @param {readonly string[]} sub @param {() => void} act */
function renew(element, name, paused, sub, act) {
  acts.set(element, act);
  const [sign, text, buttons] = /** @type {[HTMLElement, HTMLElement, HTMLElement]} */ ([...element.children]);
  sign.className = `dot ${paused ? "idle" : "live"}`;
  say(/** @type {HTMLElement} */ (text.firstElementChild), name);
  say(/** @type {HTMLElement} */ (text.lastElementChild), sub.filter((s) => s !== "").join(" · "));
  const [pause, resume] = /** @type {(HTMLElement | undefined)[]} */ ([...buttons.children]);
  if (!pause || !resume) return;
  const focused = buttons.contains(document.activeElement);
  pause.hidden = paused;
  resume.hidden = !paused;
  if (focused) (paused ? resume : pause).focus();
}
