// @ts-check
// One source in a list: picture, name with what the search found, state in a sign and a word, age.
import { fill, h, say } from "./dom.js";
import { locale, said, t, word } from "./i18n.js";
import { ageWords } from "./pieces.js";
import { highlight } from "./search.js";
import { dragged, hand } from "./wall/drag.js";
import { thumb } from "./wall/thumb.js";
import { icon } from "./icons.js";
/** @typedef {import("./types.js").Source} Source */

/** @type {WeakMap<HTMLElement, Source>} */
const held = new WeakMap();

/** @param {readonly (string | import("./types.js").Said)[]} place */
export const placeWords = (place) => place.slice(1).map(said).join(" · ") || place.map(said).join(" · ");

/** How old a source's picture is, or what its state is called. @param {Source} source */
export function stateWords(source) {
  const name = word("state", source.state);
  return typeof source.age_ms === "number" && source.state !== "lost" ? `${name} · ${ageWords(source.age_ms)}` : name;
}

/** @param {Source} source @param {{ open: (source: Source) => void, change?: (source: Source) => void }} acts @returns {HTMLElement} */
export function sourceRow(source, acts) {
  const take = h("button", { type: "button", class: "source-row" },
    h("span", { class: "source-picture" }, icon("camera"), thumb(`/v1/sources/${encodeURIComponent(source.source)}/thumbnail.jpg`)),
    h("span", { class: "source-text" }, h("span", { class: "source-name" }), h("span", { class: "source-sub" }, h("span", { class: "source-live" }, h("span", { class: "dot" }), h("span", { class: "source-state" })), h("span", { class: "source-place" }))));
  const change = acts.change;
  const row = h("li", { class: "source-item" }, take,
    change ? h("button", { type: "button", class: "button icon-only quiet source-change", on: { click: () => change(held.get(row) ?? source) } }, icon("edit")) : null,
    h("button", { type: "button", class: "button icon-only quiet source-open", on: { click: () => { const now = held.get(row); if (now) acts.open(now); } } }, icon("plus")));
  const now = () => held.get(row) ?? source;
  take.addEventListener("click", () => hand.hold(hand.source?.source === now().source ? null : now()));
  take.addEventListener("dblclick", () => { hand.hold(null); acts.open(now()); });
  dragged(take, now);
  return row;
}

/** @param {HTMLElement} row @param {Source} source @param {string} query */
export function updateSourceRow(row, source, query) {
  held.set(row, source);
  const take = /** @type {HTMLElement} */ (row.firstElementChild);
  const find = (/** @type {string} */ cls) => /** @type {HTMLElement} */ (row.getElementsByClassName(cls)[0]);
  const label = said(source.label);
  const name = find("source-name");
  const key = `${label}|${query}|${locale()}`;
  if (name.dataset["shown"] !== key) {
    name.dataset["shown"] = key;
    const pieces = highlight(label, query, locale() === "zh-CN" ? source.initials : "");
    fill(name, ...pieces.map((p) => (p.hit ? h("mark", null, p.text) : p.text)));
    find("source-open").setAttribute("aria-label", t("source.open", { name: label }));
    find("source-open").setAttribute("title", t("source.open", { name: label }));
    const change = row.getElementsByClassName("source-change")[0];
    change?.setAttribute("aria-label", t("source.change", { name: label }));
    change?.setAttribute("title", t("source.change", { name: label }));
  }
  const sign = find("dot");
  if (sign.className !== `dot ${source.state}`) sign.className = `dot ${source.state}`;
  say(find("source-state"), stateWords(source));
  say(find("source-place"), placeWords(source.place));
  const on = (source.on_walls ?? []).length > 0;
  row.classList.toggle("on-wall", on);
  take.setAttribute("aria-pressed", String(hand.source?.source === source.source));
  take.title = on ? t("source.on-wall") : t("source.hint");
}
