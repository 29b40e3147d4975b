// @ts-check
// Events as a board of five columns by state, each against its due clock; details with place, photo and the next steps.
import { call, seg } from "../api.js";
import { dialog, field } from "../dialog.js";
import { fill, h, keyed, say } from "../dom.js";
import { EVENT_STATES, columns, lonLatOf, stepsFrom, titleOf } from "../events-board.js";
import { clock, dateTime, dueState } from "../format.js";
import { hall, may, nowNs, topics } from "../hall.js";
import { said, t, word } from "../i18n.js";
import { icon } from "../icons.js";
import { notice, refused } from "../notice.js";
import { button, empty, shown } from "../pieces.js";
import { placeMap } from "../place-map.js";
import { namedPath, nearestTo, placeNames } from "../tree.js";
import { toWall } from "./sources.js";
/** @typedef {import("../types.js").EventLine} EventLine */

/** Most closed events drawn; the others are counted. */
const CLOSED_MAX = 30;
const OPEN_MAX = 100;
const NEAREST = 3;

/** @param {EventLine} event @param {number} from the outermost level that is said */
function placeOf(event, from) {
  const named = namedPath(event.place, placeNames(topics.sources.value ?? [])).map(said);
  return named.slice(named.length > from ? from : 0).join(" · ");
}

/** @param {EventLine} event */
function dueWords(event) {
  if (event.state === "closed") return { words: t("event.closed"), tone: "muted" };
  const { tone, left_s } = dueState(event.reported, event.due, nowNs());
  return left_s >= 0 ? { words: t("event.left", { time: clock(left_s) }), tone } : { words: t("event.over", { time: clock(-left_s) }), tone };
}

/** @param {EventLine} event @param {string} state @returns {Promise<boolean>} */
async function step(event, state) {
  const before = topics.events.value;
  // The card moves at once; a refusal puts it back with words.
  topics.events.value = (before ?? []).map((e) => (e.id === event.id ? { ...e, state } : e));
  topics.events.tell();
  try {
    await call("POST", `/v1/events/${seg(event.id)}/state`, { state, by: hall.session?.user });
    notice(t("event.stepped", { title: titleOf(event), state: word("event.state", state) }));
    return true;
  } catch (error) {
    topics.events.value = before;
    topics.events.tell();
    refused(error, t(`event.do.${state}`));
    return false;
  } finally {
    void topics.events.refresh();
  }
}

/** @returns {import("../shell.js").Page} */
export function eventsPage() {
  const into = h("div", { class: "board-box" });
  const board = h("div", { class: "board" });
  const lists = Object.fromEntries(EVENT_STATES.map((state) => [state, h("ul", { class: "column-list" })]));
  const counts = Object.fromEntries(EVENT_STATES.map((state) => [state, h("span", { class: "column-count" })]));
  for (const state of EVENT_STATES) board.append(h("section", { class: `column ${state}`, "aria-label": word("event.state", state) }, h("h2", null, h("span", null, word("event.state", state)), counts[state] ?? null), lists[state] ?? null));
  const late = h("span", { class: "count", role: "status" });
  const domain = h("select", { class: "input", "aria-label": t("event.domain"), on: { change: () => { if (topics.events.value) draw(topics.events.value); } } });
  const element = h("div", { class: "page events-page" },
    h("header", { class: "page-head" }, h("h1", null, t("nav.events")), late, h("span", { class: "spring" }), domain, may("operate") ? button(t("event.report"), reportDialog, { icon: "plus", kind: "primary" }) : null), into);
  const make = (/** @type {EventLine} */ first) => {
    const card = h("li", { class: "event" },
      h("button", { type: "button", class: "event-open" }, h("span", { class: "event-top" }, h("span", { class: "event-title" }), h("span", { class: "event-due" })),
        h("span", { class: "event-sub" }), h("span", { class: "event-line" }, h("i", null))));
    card.firstElementChild?.addEventListener("click", () => detail(first.id));
    return card;
  };
  const update = (/** @type {HTMLElement} */ card, /** @type {EventLine} */ event) => {
    const find = (/** @type {string} */ cls) => /** @type {HTMLElement} */ (card.getElementsByClassName(cls)[0]);
    const due = dueWords(event), part = event.state === "closed" ? 1 : Math.min(1, dueState(event.reported, event.due, nowNs()).part);
    card.className = `event ${due.tone}`;
    say(find("event-title"), titleOf(event));
    say(find("event-due"), due.words);
    say(find("event-sub"), [word("severity", String(event.severity)), placeOf(event, 1)].filter((p) => p !== "").join(" · "));
    /** @type {HTMLElement} */ (find("event-line").firstElementChild).style.setProperty("width", `${(part * 100).toFixed(1)}%`);
  };
  const draw = (/** @type {EventLine[]} */ all) => {
    const domains = [...new Set(all.map((e) => e.domain).filter((d) => d !== ""))].sort();
    if (domain.options.length !== domains.length + 1) { const was = domain.value; domain.replaceChildren(h("option", { value: "" }, t("event.domain.all")), ...domains.map((d) => h("option", { value: d }, word("domain", d)))); domain.value = domains.includes(was) ? was : ""; }
    const events = domain.value === "" ? all : all.filter((e) => e.domain === domain.value);
    if (all.length === 0) { fill(into, empty("events", t("events.none"), t("events.none.words"), may("operate") ? button(t("event.report"), reportDialog, { icon: "plus" }) : null)); return; }
    if (!board.isConnected) fill(into, board);
    const by = columns(events);
    for (const state of EVENT_STATES) {
      const items = by[state] ?? [], list = lists[state], count = counts[state];
      if (count) say(count, String(items.length));
      if (list) keyed(list, items.slice(0, state === "closed" ? CLOSED_MAX : OPEN_MAX), (e) => e.id, make, update);
    }
    const over = events.filter((e) => e.state !== "closed" && e.due < nowNs()).length;
    say(late, over > 0 ? t("events.late", { n: over }) : t("events.in-time"));
    late.classList.toggle("danger", over > 0);
  };
  const away = shown(topics.events, into, draw, 8);
  const timer = window.setInterval(() => { if (topics.events.value && !document.hidden) draw(topics.events.value); }, 1000);
  const looks = [topics.sources.look(() => undefined), topics.walls.look(() => undefined)];
  return { element, title: t("nav.events"), leave: () => { away(); clearInterval(timer); for (const look of looks) look(); } };
}

/** @param {string} id */
function detail(id) {
  const body = h("div", { class: "event-detail" });
  let key = "";
  /** @type {ReturnType<typeof placeMap> | null} kept while the rest is drawn anew */
  let map = null;
  const draw = () => {
    const event = topics.events.value?.find((e) => e.id === id);
    if (!event) return;
    const due = dueWords(event);
    const clockFace = body.querySelector(".event-clock");
    if (clockFace && key === event.state) { say(clockFace, due.words); clockFace.className = `event-clock ${due.tone}`; return; }
    key = event.state;
    const at = EVENT_STATES.indexOf(/** @type {typeof EVENT_STATES[number]} */ (event.state));
    const near = nearestTo(topics.sources.value ?? [], event.place, NEAREST);
    const none = (/** @type {string} */ words) => h("div", { class: "event-photo none" }, icon("camera", "big"), h("span", null, words));
    const photo = event.photo ? h("img", { class: "event-photo", src: `/v1/events/${seg(event.id)}/photo`, alt: t("event.photo", { title: titleOf(event) }), on: { error: (/** @type {Event} */ e) => /** @type {HTMLElement} */ (e.target).replaceWith(none(t("event.photo.away"))) } }) : none(t("event.photo.none"));
    if (!map && event.lon_lat) map = placeMap(event.lon_lat, titleOf(event), (source) => topics.sources.value?.find((s) => s.source === source));
    fill(body,
      h("p", { class: `event-clock ${due.tone}` }, due.words),
      h("ol", { class: "steps" }, ...EVENT_STATES.map((state, i) => h("li", { class: i < at ? "done" : i === at ? "now" : "", ...(i === at ? { "aria-current": "step" } : {}) }, word("event.state", state)))),
      may("operate") ? h("div", { class: "acts" }, ...stepsFrom(event.state).map((state, i) => button(t(`event.do.${state}`), () => { void step(event, state); }, { kind: i === 0 ? "primary" : "", icon: "check", class: `do-${state}` }))) : null,
      map?.element ?? null, photo,
      h("dl", { class: "facts" }, ...[
        [t("event.place"), placeOf(event, 0)],
        [t("event.position"), event.lon_lat ? `${event.lon_lat[0].toFixed(5)}, ${event.lon_lat[1].toFixed(5)}` : "–"],
        [t("event.domain"), word("domain", event.domain)], [t("event.network"), word("network", event.network)], [t("event.kind"), word("event.kind", event.kind)],
        [t("event.severity"), word("severity", String(event.severity))], [t("event.reported"), dateTime(event.reported, hall.utc_offset_s)], [t("event.due"), dateTime(event.due, hall.utc_offset_s)], [t("event.id"), event.id],
      ].flatMap(([name, value]) => [h("dt", null, name ?? ""), h("dd", null, value || "–")])),
      h("div", { class: "acts" }, near.length > 0 ? button(t("event.show", { n: near.length }), () => { void toWall(near); }, { icon: "wall", disabled: !may("operate") }) : h("p", { class: "hint" }, icon("pin"), t("event.no-camera"))));
  };
  const first = topics.events.value?.find((e) => e.id === id);
  draw();
  const away = topics.events.look(draw);
  const timer = window.setInterval(draw, 1000);
  dialog(first ? titleOf(first) : id, () => [body], { side: true, closed: () => { away(); clearInterval(timer); map?.stop(); } });
}

function reportDialog() {
  const title = h("input", { class: "input", maxlength: "200" }), english = h("input", { class: "input", maxlength: "200", lang: "en" }), place = h("input", { class: "input", maxlength: "200", list: "places" }), kind = h("input", { class: "input", maxlength: "60", value: "report" });
  const domain = h("input", { class: "input", maxlength: "64", list: "domains" }), position = h("input", { class: "input", maxlength: "60", inputmode: "text", autocomplete: "off" }), photo = h("input", { class: "input", maxlength: "256", autocomplete: "off" });
  const severity = h("select", { class: "input" }, ...[1, 2, 3, 4, 5].map((n) => h("option", { value: n }, word("severity", String(n)))));
  const known = [...new Set((topics.events.value ?? []).map((e) => e.place))].slice(0, 200);
  const domains = [...new Set((topics.events.value ?? []).map((e) => e.domain).filter((d) => d !== ""))].sort();
  const fault = h("p", { class: "fault", role: "alert" });
  dialog(t("event.report"), (close) => {
    const form = h("form", { class: "form", novalidate: true }, field(t("event.title"), title), field(t("event.title-en"), english, t("event.title-en.help")), field(t("event.place"), place, t("event.place.help")), h("datalist", { id: "places" }, ...known.map((p) => h("option", { value: p }))),
      field(t("event.position"), position, t("event.position.help")),
      h("div", { class: "fields" }, field(t("event.kind"), kind), field(t("event.severity"), severity)), field(t("event.domain"), domain), h("datalist", { id: "domains" }, ...domains.map((d) => h("option", { value: d }, word("domain", d)))),
      field(t("event.photo.path"), photo, t("event.photo.path.help")), fault,
      h("div", { class: "acts" }, button(t("cancel"), close, { kind: "quiet" }), h("button", { type: "submit", class: "button primary" }, icon("check"), h("span", null, t("event.report.send")))));
    form.addEventListener("submit", (submit) => {
      submit.preventDefault();
      if (title.value.trim() === "" || kind.value.trim() === "") { say(fault, t("form.empty")); return; }
      const lonLat = lonLatOf(position.value);
      if (lonLat === undefined) { say(fault, t("event.position.wrong")); position.focus(); return; }
      const [lon, lat] = lonLat ?? [null, null];
      const id = `console-${Date.now().toString(36)}-${Math.floor(Math.random() * 1e6).toString(36)}`;
      call("POST", "/v1/events", { id, title: title.value.trim(), title_en: english.value.trim(), place: place.value.trim(), lon, lat, domain: domain.value.trim(), photo: photo.value.trim(), kind: kind.value.trim(), severity: Number(severity.value), by: hall.session?.user }).then(() => {
        close();
        notice(t("event.reported.done", { title: title.value.trim() }));
        void topics.events.refresh();
      }, (error) => say(fault, error.words ?? String(error)));
    });
    return [form];
  });
}
