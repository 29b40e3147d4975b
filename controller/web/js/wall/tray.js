// @ts-check
// The tray of sources beside the wall: search, tags, list.
import { call, withQuery } from "../api.js";
import { h, keyed, say } from "../dom.js";
import { topics } from "../hall.js";
import { said, t, word } from "../i18n.js";
import { icon } from "../icons.js";
import { empty, shown } from "../pieces.js";
import { fits } from "../search.js";
import { sourceRow, updateSourceRow } from "../source-row.js";
import { hand } from "./drag.js";
/** @typedef {import("../types.js").Source} Source */

const ASK_WAIT_MS = 120;
const TAGS_MAX = 8;

/** @param {(source: Source) => void} open puts a source on the wall without a place */
export function tray(open) {
  const search = h("input", { class: "input", type: "search", id: "source-search", placeholder: t("search.placeholder"), "aria-label": t("search.label"), autocomplete: "off", spellcheck: "false" });
  const tags = h("div", { class: "chips", role: "group", "aria-label": t("tags") });
  const list = h("ul", { class: "source-list", "aria-label": t("nav.sources") });
  const body = h("div", { class: "tray-body" });
  const count = h("span", { class: "count", role: "status" });
  const hint = h("p", { class: "tray-hint" });
  const element = h("aside", { class: "tray", "aria-label": t("nav.sources") },
    h("div", { class: "tray-head" }, h("h2", null, t("nav.sources")), count),
    h("div", { class: "search" }, icon("search"), search), tags, body, hint);
  let tag = "", asked = 0, timer = 0;
  /** @type {Source[] | null} */
  let found = null;

  const visible = () => {
    const query = search.value.trim();
    const all = topics.sources.value ?? [];
    // While the answer is on its way, what is here already is searched.
    const base = query === "" ? all : found ?? all.filter((s) => fits(s, query));
    const newest = new Map(all.map((s) => [s.source, s]));
    return base.map((s) => newest.get(s.source) ?? s).filter((s) => tag === "" || s.tags.includes(tag));
  };
  const draw = () => {
    const rows = visible();
    say(count, String(rows.length));
    drawTags();
    if (rows.length === 0) {
      list.remove();
      if (!body.querySelector(".empty")) body.replaceChildren(search.value.trim() === "" && tag === "" ? empty("camera", t("sources.none"), t("sources.none.words")) : empty("search", t("search.none"), t("search.none.words")));
      return;
    }
    if (!list.isConnected) body.replaceChildren(list);
    keyed(list, rows, (s) => s.source, (s) => sourceRow(s, { open }), (e, s) => updateSourceRow(e, s, search.value));
    say(hint, hand.source ? t("tray.armed", { name: said(hand.source.label) }) : t("tray.hint"));
    element.classList.toggle("armed", hand.source !== null);
  };
  const drawTags = () => {
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const source of topics.sources.value ?? []) for (const name of source.tags) counts.set(name, (counts.get(name) ?? 0) + 1);
    const names = [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).slice(0, TAGS_MAX).map(([name]) => name);
    keyed(tags, names, (n) => n, (n) => h("button", { type: "button", class: "chip", on: { click: () => { tag = tag === n ? "" : n; draw(); } } }, word("tag", n)),
      (e, n) => e.setAttribute("aria-pressed", String(tag === n)));
  };
  const ask = () => {
    const query = search.value.trim();
    asked += 1;
    const mine = asked;
    found = null;
    draw();
    if (query === "") return;
    call("GET", withQuery("/v1/sources", { search: query, limit: 200 })).then(
      (answer) => { if (mine === asked) { found = answer; draw(); } }, () => undefined);
  };
  search.addEventListener("input", () => { clearTimeout(timer); timer = window.setTimeout(ask, ASK_WAIT_MS); });
  search.addEventListener("keydown", (event) => {
    const first = visible()[0];
    if (event.key === "Enter" && first && search.value.trim() !== "") { open(first); event.preventDefault(); }
    if (event.key === "ArrowDown") { /** @type {HTMLElement | null} */ (list.querySelector(".source-row"))?.focus(); event.preventDefault(); }
  });
  list.addEventListener("keydown", (event) => {
    const row = event.target instanceof Element ? event.target.closest("li") : null;
    const next = event.key === "ArrowDown" ? row?.nextElementSibling : event.key === "ArrowUp" ? row?.previousElementSibling : null;
    if (next) { /** @type {HTMLElement | null} */ (next.firstElementChild)?.focus(); event.preventDefault(); }
    else if (event.key === "ArrowUp") { search.focus(); event.preventDefault(); }
    if (event.key === "Escape") hand.hold(null);
  });
  const away = shown(topics.sources, body, draw, 8);
  const onHand = () => { if (topics.sources.value) draw(); };
  hand.addEventListener("change", onHand);
  return { element, search, stop: () => { away(); clearTimeout(timer); hand.removeEventListener("change", onHand); hand.hold(null); } };
}
