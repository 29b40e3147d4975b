// @ts-check
// Alarms in words, with what ends them: a drawer for all, a bar for the first.
import { call, seg } from "./api.js";
import { dialog } from "./dialog.js";
import { h, keyed, say } from "./dom.js";
import { clock, timeOfDay } from "./format.js";
import { hall, may, topics } from "./hall.js";
import { said, t } from "./i18n.js";
import { icon } from "./icons.js";
import { notice, refused } from "./notice.js";
import { button, empty, shown } from "./pieces.js";
/** @typedef {import("./types.js").AlarmLine} AlarmLine */

/** @param {AlarmLine} alarm */
export function acknowledge(alarm) {
  call("POST", `/v1/alarms/${seg(alarm.id)}/acknowledge`).then(() => {
    notice(t("alarm.acknowledged", { name: said(alarm.name) }));
    void topics.alarms.refresh();
  }, (error) => refused(error, t("alarm.acknowledge")));
}

/** When the alarms were asked for, so that what is left counts down between two answers. */
let asked_ms = Date.now();
topics.alarms.looking.add(() => { asked_ms = Date.now(); });

/** @param {AlarmLine} alarm */
function leftWords(alarm) {
  if (alarm.left_s === null || alarm.left_s === undefined) return "";
  return t("alarm.left", { time: clock(alarm.left_s - (Date.now() - asked_ms) / 1000) });
}
/** Most urgent first. @param {readonly AlarmLine[]} alarms */
const sorted = (alarms) => [...alarms].sort((a, b) => b.priority - a.priority || b.raised - a.raised);

/** @param {AlarmLine} alarm */
function makeItem(alarm) {
  return h("li", { class: "alarm" }, icon("alert"),
    h("div", { class: "alarm-text" }, h("strong", { class: "alarm-name" }), h("span", { class: "alarm-words" }), h("span", { class: "alarm-sub" })),
    alarm.acknowledge ? button(t("alarm.acknowledge"), () => acknowledge(alarm), { kind: "primary", icon: "check", disabled: !may("operate") }) : null);
}
/** @param {HTMLElement} element @param {AlarmLine} alarm */
function updateItem(element, alarm) {
  const find = (/** @type {string} */ cls) => /** @type {HTMLElement} */ (element.getElementsByClassName(cls)[0]);
  say(find("alarm-name"), said(alarm.name));
  say(find("alarm-words"), said(alarm.words));
  const parts = [t("alarm.since", { time: timeOfDay(alarm.raised, hall.utc_offset_s) }), leftWords(alarm), alarm.seen_on.length ? t("alarm.on", { walls: alarm.seen_on.join(", ") }) : ""];
  say(find("alarm-sub"), parts.filter((p) => p !== "").join(" · "));
}

/** A list of all alarms that keeps itself up to date. */
export function alarmList() {
  const list = h("ul", { class: "alarms" });
  const element = h("div", { class: "alarms-box" });
  const draw = () => {
    const alarms = sorted(topics.alarms.value ?? []);
    if (alarms.length === 0) { list.remove(); if (!element.querySelector(".empty")) element.replaceChildren(empty("check", t("alarms.none"), t("alarms.none.words"))); return; }
    if (!list.isConnected || list.parentElement !== element) element.replaceChildren(list);
    keyed(list, alarms, (a) => String(a.id), makeItem, updateItem);
  };
  const away = shown(topics.alarms, element, draw, 3);
  const timer = window.setInterval(() => { if (topics.alarms.value) draw(); }, 1000);
  return { element, stop: () => { away(); clearInterval(timer); } };
}

export function alarmDrawer() {
  const list = alarmList();
  dialog(t("alarms"), () => [list.element], { side: true, closed: list.stop });
}

/** The most urgent alarm as a bar at the page's foot; nothing while there is none. */
export function alarmBar() {
  const words = h("span", { class: "bar-words" }), left = h("span", { class: "bar-left" }), more = button("", alarmDrawer, { kind: "quiet" });
  const act = h("span", { class: "bar-act" });
  const element = h("div", { class: "alarm-bar", role: "status", "aria-live": "polite", hidden: true }, icon("alert"), words, left, act, more);
  let shownId = -1;
  const draw = () => {
    const alarms = sorted(topics.alarms.value ?? []);
    const first = alarms[0];
    element.hidden = !first;
    if (!first) { shownId = -1; return; }
    say(words, said(first.words) || said(first.name));
    say(left, leftWords(first));
    more.hidden = alarms.length < 2;
    say(/** @type {HTMLElement} */ (more.lastElementChild), t("alarms.more", { n: alarms.length }));
    if (shownId !== first.id) {
      shownId = first.id;
      act.replaceChildren(...(first.acknowledge ? [button(t("alarm.acknowledge"), () => acknowledge(first), { icon: "check", kind: "primary", disabled: !may("operate") })] : []));
      element.classList.remove("came");
      requestAnimationFrame(() => element.classList.add("came"));
    }
  };
  const away = topics.alarms.look(draw);
  const timer = window.setInterval(() => { if (topics.alarms.value?.length) draw(); }, 1000);
  return { element, stop: () => { away(); clearInterval(timer); } };
}
