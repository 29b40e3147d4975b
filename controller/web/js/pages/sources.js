// @ts-check
// All sources: the four-level grid as a tree, tags, search, state and age; and from here to the wall.
import { call, withQuery } from "../api.js";
import { h, keyed, say } from "../dom.js";
import { may, topics } from "../hall.js";
import { said, t, word } from "../i18n.js";
import { icon } from "../icons.js";
import { notice, refused } from "../notice.js";
import { button, empty, shown } from "../pieces.js";
import { fits } from "../search.js";
import { sourceRow, updateSourceRow } from "../source-row.js";
import { placeTree, within } from "../tree.js";
import { hand } from "../wall/drag.js";
import { changeSource, sourceDialog } from "./source-dialog.js";
import { showOnWall } from "./wall.js";
/** @typedef {import("../types.js").Source} Source */
/** @typedef {import("../tree.js").Branch} Branch */

const STATES = /** @type {const} */ (["live", "stale", "lost", "connecting", "unread"]);

/** Opens sources on the wall that was looked at last. @param {readonly Source[]} sources */
export async function toWall(sources) {
  const walls = topics.walls.value ?? (await topics.walls.load().catch((error) => { refused(error); return []; }));
  const wall = walls.find((w) => w.wall === localStorage.getItem("taibai.wall")) ?? walls[0];
  if (!wall) { notice(t("walls.none"), { tone: "warn" }); return; }
  try {
    const n = await showOnWall(wall, sources);
    notice(t("opened", { n, wall: said(wall.name) || wall.wall }), { act: { words: t("go.wall"), run: () => { location.hash = "#/wall"; } } });
  } catch (error) {
    refused(error, t("show.on-wall"));
  }
}

/** @returns {import("../shell.js").Page} */
export function sourcesPage() {
  const search = h("input", { class: "input", type: "search", placeholder: t("search.placeholder"), "aria-label": t("search.label"), autocomplete: "off", spellcheck: "false" });
  const states = h("div", { class: "chips", role: "group", "aria-label": t("states") }), tags = h("div", { class: "chips", role: "group", "aria-label": t("tags") });
  const tree = h("ul", { class: "tree", role: "tree", "aria-label": t("tree") });
  const list = h("ul", { class: "source-grid" });
  const into = h("div", { class: "sources-body" });
  const heading = h("h1", null, t("nav.sources")), count = h("span", { class: "count", role: "status" });
  const armed = h("div", { class: "armed-bar", hidden: true });
  const element = h("div", { class: "page sources-page" },
    h("aside", { class: "side", "aria-label": t("tree") }, h("h2", { class: "small-head" }, t("tree")), tree),
    h("div", { class: "main" }, h("header", { class: "page-head" }, heading, count, h("span", { class: "spring" }), h("div", { class: "search" }, icon("search"), search), may("design") ? button(t("source.add"), () => sourceDialog(null), { icon: "plus", kind: "primary", class: "add-source" }) : null), states, tags, armed, into));
  let place = "", tag = "", state = "", asked = 0, timer = 0;
  /** @type {Set<string>} */
  const open = new Set();
  /** @type {Source[] | null} */
  let found = null;

  const put = (/** @type {Source} */ source) => { void toWall([source]); };
  const draw = () => {
    const all = topics.sources.value ?? [];
    const query = search.value.trim();
    const newest = new Map(all.map((s) => [s.source, s]));
    const base = query === "" ? all : (found ?? all.filter((s) => fits(s, query))).map((s) => newest.get(s.source) ?? s);
    const rows = within(base, place).filter((s) => (tag === "" || s.tags.includes(tag)) && (state === "" || s.state === state));
    say(count, t("sources.count", { n: rows.length, all: all.length }));
    drawChips(all);
    drawTree(placeTree(all));
    armed.hidden = hand.source === null;
    if (hand.source && armed.dataset["source"] !== hand.source.source) {
      const source = hand.source;
      armed.dataset["source"] = source.source;
      armed.replaceChildren(h("span", null, t("sources.taken", { name: said(source.label) })),
        button(t("go.place"), () => { location.hash = "#/wall"; setTimeout(() => hand.hold(source), 0); }, { kind: "primary", icon: "wall" }),
        button(t("show.on-wall"), () => { hand.hold(null); put(source); }, { icon: "plus", disabled: !may("operate") }), button(t("let.go"), () => hand.hold(null), { kind: "quiet" }));
    }
    if (!hand.source) delete armed.dataset["source"];
    if (rows.length === 0) { into.replaceChildren(all.length === 0 ? empty("camera", t("sources.none"), t("sources.none.words")) : empty("search", t("search.none"), t("search.none.words"), button(t("search.all"), () => { place = tag = state = ""; search.value = ""; found = null; draw(); }, { icon: "reset" }))); return; }
    if (!list.isConnected) into.replaceChildren(list);
    keyed(list, rows, (s) => s.source, (s) => sourceRow(s, { open: put, ...(may("design") ? { change: (/** @type {Source} */ source) => changeSource(source.source, (error) => refused(error, t("source.change", { name: said(source.label) }))) } : {}) }), (e, s) => updateSourceRow(e, s, search.value));
  };
  const drawChips = (/** @type {readonly Source[]} */ all) => {
    const n = (/** @type {(s: Source) => boolean} */ of) => all.filter(of).length;
    keyed(states, STATES.filter((name) => n((s) => s.state === name) > 0), (name) => name,
      (name) => h("button", { type: "button", class: "chip", on: { click: () => { state = state === name ? "" : name; draw(); } } }, h("span", { class: `dot ${name}`, "aria-hidden": "true" }), h("span", null, word("state", name)), h("b", null)),
      (e, name) => { e.setAttribute("aria-pressed", String(state === name)); say(/** @type {HTMLElement} */ (e.lastElementChild), String(n((s) => s.state === name))); });
    keyed(tags, [...new Set(all.flatMap((s) => s.tags))].sort().slice(0, 24), (name) => name,
      (name) => h("button", { type: "button", class: "chip", on: { click: () => { tag = tag === name ? "" : name; draw(); } } }, icon("tag"), word("tag", name)),
      (e, name) => e.setAttribute("aria-pressed", String(tag === name)));
  };
  /** @type {Map<string, Branch>} */
  const branches = new Map();
  let unfolded = false;
  const drawTree = (/** @type {Branch} */ root) => {
    branches.clear();
    // A hall has one district as a rule: its streets are seen at once.
    if (!unfolded && root.count > 0) { unfolded = true; if (root.children.length === 1) open.add(root.children[0]?.key ?? ""); }
    /** @type {Branch[]} */
    const rows = [];
    const walk = (/** @type {Branch} */ b) => { branches.set(b.key, b); rows.push(b); if (b.key === "" || open.has(b.key)) b.children.forEach(walk); };
    walk(root);
    keyed(tree, rows, (b) => b.key, (b) => {
      const item = h("li", { role: "treeitem", tabindex: "-1", class: "branch" }, h("span", { class: "twist", "aria-hidden": "true" }, icon("right")), h("span", { class: "branch-name" }), h("span", { class: "branch-count" }));
      item.style.setProperty("--level", String(b.level));
      item.addEventListener("click", (event) => {
        const now = branches.get(b.key);
        if (event.target instanceof Element && event.target.closest(".twist") && now?.children.length) toggle(b.key);
        else { place = b.key; if (now?.children.length) open.add(b.key); draw(); }
        item.focus();
      });
      return item;
    }, (e, b) => {
      e.setAttribute("aria-level", String(b.level + 1));
      e.setAttribute("aria-selected", String(place === b.key));
      if (b.children.length > 0 && b.key !== "") e.setAttribute("aria-expanded", String(open.has(b.key))); else e.removeAttribute("aria-expanded");
      e.classList.toggle("leaf", b.children.length === 0 || b.key === "");
      say(/** @type {HTMLElement} */ (e.children[1]), b.key === "" ? t("tree.all") : said(b.name));
      say(/** @type {HTMLElement} */ (e.children[2]), b.live === b.count ? String(b.count) : t("tree.live", { live: b.live, n: b.count }));
    });
    const current = [...tree.children].find((e) => e.getAttribute("aria-selected") === "true") ?? tree.firstElementChild;
    if (!tree.contains(document.activeElement)) for (const e of tree.children) e.setAttribute("tabindex", e === current ? "0" : "-1");
  };
  const toggle = (/** @type {string} */ key) => { if (!open.delete(key)) open.add(key); draw(); };
  tree.addEventListener("keydown", (event) => {
    const item = event.target instanceof Element ? event.target.closest("li") : null;
    const key = item?.getAttribute("data-key");
    if (!item || key === null || key === undefined) return;
    const branch = branches.get(key);
    const step = (/** @type {Element | null} */ to) => { if (to instanceof HTMLElement) { item.setAttribute("tabindex", "-1"); to.setAttribute("tabindex", "0"); to.focus(); } };
    const acts = /** @type {Record<string, () => void>} */ ({
      ArrowDown: () => step(item.nextElementSibling), ArrowUp: () => step(item.previousElementSibling), Home: () => step(tree.firstElementChild), End: () => step(tree.lastElementChild),
      ArrowRight: () => { if (branch?.children.length && key !== "" && !open.has(key)) toggle(key); else step(item.nextElementSibling); },
      ArrowLeft: () => { if (open.has(key)) toggle(key); else step([...tree.children].find((e) => e.getAttribute("data-key") === key.split("/").slice(0, -1).join("/")) ?? null); },
      Enter: () => { place = key; draw(); }, " ": () => { place = key; draw(); },
    });
    const act = acts[event.key];
    if (act) { act(); event.preventDefault(); }
  });
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      asked += 1;
      const mine = asked, query = search.value.trim();
      found = null;
      if (topics.sources.value) draw();
      if (query !== "") call("GET", withQuery("/v1/sources", { search: query, limit: 500 })).then((answer) => { if (mine === asked) { found = answer; draw(); } }, () => undefined);
    }, 120);
  });
  const away = shown(topics.sources, into, draw, 8);
  const onHand = () => { if (topics.sources.value) draw(); };
  hand.addEventListener("change", onHand);
  return { element, title: t("nav.sources"), leave: () => { away(); clearTimeout(timer); hand.removeEventListener("change", onHand); if (!location.hash.startsWith("#/wall")) hand.hold(null); } };
}
