// @ts-check
// Small pieces that several pages use.
import { h } from "./dom.js";
import { age, clock } from "./format.js";
import { said, t, word } from "./i18n.js";
import { icon } from "./icons.js";

/**
 * @param {string} words @param {() => void} run
 * @param {{ icon?: import("./icons.js").Icon, kind?: "primary" | "quiet" | "danger" | "", only?: boolean, key?: string, disabled?: boolean, pressed?: boolean, class?: string }} [options]
 */
export function button(words, run, options = {}) {
  const kind = options.kind ?? "";
  return h("button", {
    type: "button", class: `button ${kind}${options.only ? " icon-only" : ""} ${options.class ?? ""}`, disabled: options.disabled ?? false,
    ...(options.only ? { "aria-label": words } : {}),
    ...(options.pressed === undefined ? {} : { "aria-pressed": String(options.pressed) }),
    ...(options.only || options.key ? { title: options.key ? `${words} · ${options.key}` : words } : {}),
    on: { click: run },
  }, options.icon ? icon(options.icon) : null, options.only ? null : h("span", null, words));
}

/** The sign of a state: a shape and a colour, named for screen readers by the word beside it. @param {string} state */
export const dot = (state) => h("span", { class: `dot ${state}`, "aria-hidden": "true" });

/** A state as a sign and a word. @param {string} state */
export const stateChip = (state) => h("span", { class: `state ${state}` }, dot(state), word("state", state));

/** @param {number} ms */
export function ageWords(ms) {
  const { unit, n } = age(ms);
  return t(`age.${unit}`, { n });
}

/** A page without data yet, for as long as it takes. @param {number} rows */
export const skeleton = (rows) => h("div", { class: "skeleton", role: "status", "aria-label": t("loading") }, ...Array.from({ length: rows }, () => h("span", null)));

/** What a page says when there is nothing: what it is for and the next step. @param {import("./icons.js").Icon} sign @param {string} title @param {string} words @param {...(Node | null)} acts */
export const empty = (sign, title, words, ...acts) =>
  h("div", { class: "empty" }, icon(sign, "big"), h("h3", null, title), h("p", null, words), ...acts.filter((a) => a !== null));

/** What a page says when the controller refuses. @param {import("./api.js").Refused} fault @param {() => void} again */
export const failed = (fault, again) =>
  h("div", { class: "empty failed" }, icon("alert", "big"), h("h3", null, t("failed.title")), h("p", null, fault.words), button(t("again"), again, { icon: "reset" }));

/** Shows a topic: skeleton, refusal or content. @template T @param {import("./topic.js").Topic<T>} topic @param {HTMLElement} into @param {(value: T) => void} show @param {number} [rows] */
export function shown(topic, into, show, rows = 6) {
  /** @type {"" | "skeleton" | "failed" | "content"} */
  let mode = "";
  return topic.look(() => {
    if (topic.value !== null) {
      if (mode !== "content") { into.textContent = ""; mode = "content"; }
      show(topic.value);
    } else if (topic.fault) {
      into.textContent = "";
      into.append(failed(topic.fault, () => { void topic.refresh(); }));
      mode = "failed";
    } else if (mode === "") {
      into.append(skeleton(rows));
      mode = "skeleton";
    }
  });
}

/** A table that scrolls in itself. @param {string} name @param {readonly string[]} heads @param {readonly (readonly (Node | string | number)[])[]} rows @param {readonly number[]} [figures] columns aligned right */
export function table(name, heads, rows, figures = []) {
  const cls = (/** @type {number} */ i) => (figures.includes(i) ? "figure" : "");
  return h("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": name },
    h("table", null,
      h("thead", null, h("tr", null, ...heads.map((head, i) => h("th", { scope: "col", class: cls(i) }, head)))),
      h("tbody", null, ...rows.map((row) => h("tr", null, ...row.map((cell, i) => h("td", { class: cls(i) }, cell)))))));
}

/** A card with a title. @param {string} title @param {...(Node | null)} content */
export const card = (title, ...content) => h("section", { class: "card" }, h("h2", { class: "card-title" }, title), ...content.filter((c) => c !== null));

/**
 * How a tour is, in words, and what would make it go on or stand.
 * @param {import("./types.js").TourLine} line @param {import("./types.js").Wall | undefined} wall @returns {{ words: string, act: "pause" | "resume" }}
 */
export function tourState(line, wall) {
  if (line.paused) return { words: t("tour.paused"), act: "resume" };
  const scene = wall?.scenes.find((s) => s.scene === line.scene);
  if (line.runs) return { words: t("tour.runs", { name: scene ? said(scene.name) : line.scene, time: clock(line.left_s) }), act: "pause" };
  // A scene that somebody has chosen stays; the tour is not on its way.
  if (wall?.tours?.find((each) => each.tour === line.tour)?.chosen === false) return { words: t("tour.off"), act: "resume" };
  return { words: t("tour.waits"), act: "pause" };
}
