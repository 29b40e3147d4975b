// @ts-check
// A wall's surface: the live picture (or a sketch), and its windows as handles over it.
import { fill, h, keyed, place, say, style } from "../dom.js";
import { HANDLES, around, between, dropRect, fitScale, freePlace, inside, neighbour, resize, same, shared, topmost } from "../geometry.js";
import { said, t } from "../i18n.js";
import { icon } from "../icons.js";
import { may } from "../hall.js";
import { linesOf, snapMove, snapResize } from "../snap.js";
import { hand, takeDrops } from "./drag.js";
import { thumb } from "./thumb.js";
/** @typedef {import("../types.js").WallWindow} WallWindow */
/** @typedef {import("../types.js").Rect} Rect */
/** @typedef {import("../geometry.js").Handle} Handle */

const SNAP_PX = 8;
const BEGINS_PX = 4;
/** What is dragged is seen above all windows, of which there are fewer than this. */
const HELD_Z = 1000;
const NUDGE_PX = 8;
/** Key presses within this time become one act. */
const NUDGE_WAIT_MS = 350;
/** How long it is seen who else has changed a window. */
const OTHERS_STAY_MS = 4000;

/** Events: `select`, `active`, `swapped`. */
export class Sheet extends EventTarget {
  /** @param {import("../types.js").Of} of @param {import("./model.js").WallModel} model @param {(source: string) => import("../types.js").Source | undefined} sourceOf */
  constructor(of, model, sourceOf) {
    super();
    this.of = of;
    this.model = model;
    this.sourceOf = sourceOf;
    /** @type {Set<string>} */
    this.selected = new Set();
    /** @type {Map<string, Rect>} places while something is dragged */
    this.held = new Map();
    /** @type {import("./model.js").Hold | null} what was there when it was taken in hand */
    this.inHand = null;
    /** @type {string | null} the window that waits for the one to change places with */
    this.swapping = null;
    /** @type {Map<string, string>} windows that others have just changed, and who */
    this.others = new Map();
    this.live = false;
    this.scale = 1;
    this.nudging = 0;
    this.forgetting = 0;
    this.canvas = h("canvas", { class: "picture", "aria-hidden": "true" });
    this.screens = h("div", { class: "screens", "aria-hidden": "true" });
    this.list = h("ul", { class: "windows", role: "listbox", "aria-multiselectable": "true", "aria-label": t(`wall.windows.${of}`) });
    this.marks = h("div", { class: "marks", "aria-hidden": "true" });
    this.sheet = h("div", { class: `sheet of-${of}` }, this.canvas, this.screens, this.list, this.marks);
    this.element = h("div", { class: "sheet-box" }, this.sheet);
    /** @type {((size: { width: number, height: number }) => void) | null} */
    this.resized = null;
    this.watcher = new ResizeObserver(() => this.fit());
    this.watcher.observe(this.element);
    this.list.addEventListener("pointerdown", (event) => this.down(event));
    this.list.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("dblclick", (event) => { const id = this.idOf(event.target); if (id) this.full(id); });
    this.list.addEventListener("focusin", () => this.dispatchEvent(new Event("active")));
    this.away = takeDrops({
      element: this.sheet,
      over: (x, y, source) => this.over(x, y, source),
      leave: () => this.unmark(),
      drop: (x, y, source) => { this.unmark(); const p = this.point(x, y); this.put(source, p.x, p.y); },
    });
  }
  stop() { clearTimeout(this.forgetting); this.watcher.disconnect(); this.away(); }

  /** @returns {WallWindow[]} windows as drawn, lowest first */
  get windows() {
    return this.model.windows(this.of).map((w) => { const rect = this.held.get(w.window); return rect ? { ...w, rect } : w; }).sort((a, b) => a.z - b.z);
  }
  /** @param {string} id */
  windowOf(id) { return this.windows.find((w) => w.window === id); }
  get chosen() { return this.windows.filter((w) => this.selected.has(w.window)); }

  fit() {
    const size = this.model.wall.canvas;
    this.scale = fitScale(size, { width: this.element.clientWidth, height: this.element.clientHeight });
    const width = Math.floor(size.width * this.scale), height = Math.floor(size.height * this.scale);
    style(this.sheet, { width: `${width}px`, height: `${height}px` });
    this.resized?.({ width, height });
    this.draw();
  }
  /** @param {number} x @param {number} y page coordinates */
  point(x, y) {
    const box = this.sheet.getBoundingClientRect();
    const { canvas } = this.model.wall;
    return { x: ((x - box.left) / Math.max(1, box.width)) * canvas.width, y: ((y - box.top) / Math.max(1, box.height)) * canvas.height };
  }

  draw() {
    const { wall } = this.model;
    this.sheet.classList.toggle("live", this.live);
    keyed(this.screens, wall.screens, (s) => s.screen, (s) => h("div", { class: "screen" }, h("span", null, s.screen)), (e, s) => place(e, s.rect, this.scale));
    const windows = this.windows;
    for (const id of [...this.selected]) if (!windows.some((w) => w.window === id)) this.selected.delete(id);
    keyed(this.list, windows, (w) => w.window, () => this.make(), (e, w) => this.update(e, w));
  }
  make() {
    return h("li", { role: "option", tabindex: "0", class: "window" },
      h("div", { class: "win-thumb" }), h("div", { class: "win-strip" }, h("span", { class: "dot", "aria-hidden": "true" }), h("span", { class: "win-name" }), h("span", { class: "win-lock" })),
      h("span", { class: "win-by", "aria-hidden": "true" }), ...HANDLES.map((handle) => h("i", { class: `handle ${handle}`, "aria-hidden": "true", data: { handle } })));
  }
  /** @param {HTMLElement} element @param {WallWindow} w */
  update(element, w) {
    place(element, w.rect, this.scale);
    const source = w.source ? this.sourceOf(w.source) : undefined;
    const state = source?.state ?? "";
    const chosen = this.selected.has(w.window);
    const name = said(w.label) || (w.source ?? t(`kind.${w.kind === "source" ? "source" : "other"}`));
    const width = w.rect.width * this.scale, height = w.rect.height * this.scale;
    const classes = ["window", `kind-${w.kind}`, chosen ? "chosen" : "", w.locked ? "locked" : "", Math.min(width, height) < 56 ? "tiny" : "", width < 72 ? "narrow" : "", height < 18 ? "low" : "",
      this.swapping === w.window ? "swapping" : "", this.held.has(w.window) ? "held" : "", this.others.has(w.window) ? "others" : "", w.window.startsWith("new:") ? "coming" : "", state === "lost" || state === "stale" ? state : ""];
    const cls = classes.filter((c) => c !== "").join(" ");
    if (element.className !== cls) element.className = cls;
    style(element, { "z-index": String(this.held.has(w.window) ? HELD_Z : windowsRank(this.windowsOrder, w.window)) });
    element.setAttribute("aria-selected", String(chosen));
    const words = t("wall.window.words", { name, x: w.rect.x, y: w.rect.y, width: w.rect.width, height: w.rect.height });
    const by = this.others.get(w.window) ?? "";
    element.setAttribute("aria-label", `${words}${w.locked ? t("wall.window.locked") : ""}${by ? t("wall.window.by", { name: by }) : ""}`);
    const [picture, strip, who] = /** @type {[HTMLElement, HTMLElement, HTMLElement]} */ ([element.children[0], element.children[1], element.children[2]]);
    say(who, by);
    const sign = /** @type {HTMLElement} */ (strip.children[0]);
    sign.className = `dot ${state}`;
    say(/** @type {HTMLElement} */ (strip.children[1]), name);
    const lock = /** @type {HTMLElement} */ (strip.children[2]);
    if (w.locked !== (lock.childElementCount > 0)) fill(lock, w.locked ? icon("lock") : null);
    const wanted = w.source && !this.live ? w.source : "";
    if (picture.dataset["source"] !== wanted) {
      picture.dataset["source"] = wanted;
      fill(picture, wanted ? thumb(`/v1/sources/${encodeURIComponent(wanted)}/thumbnail.jpg`) : null);
    }
  }
  /** Somebody else has changed windows: their name stands on these for a moment. @param {readonly string[]} windows @param {string} name */
  touched(windows, name) {
    for (const id of windows) this.others.set(id, name);
    clearTimeout(this.forgetting);
    this.forgetting = window.setTimeout(() => { this.others.clear(); this.draw(); }, OTHERS_STAY_MS);
    this.draw();
  }
  get windowsOrder() { return this.model.windows(this.of); }

  // ---- choosing ------------------------------------------------------------------------------------------------
  /** @param {readonly string[]} ids */
  choose(ids) {
    this.selected = new Set(ids);
    this.draw();
    this.dispatchEvent(new Event("select"));
  }
  /** @param {string} id */
  focus(id) { for (const child of this.list.children) if (child instanceof HTMLElement && child.dataset["key"] === id) child.focus({ preventScroll: true }); }
  /** @param {EventTarget | null} target @returns {string | null} */
  idOf(target) { return target instanceof Element ? target.closest("li")?.getAttribute("data-key") ?? null : null; }

  /** Begins to change places: the next window touched is the other one. */
  beginSwap() {
    const [a, b] = this.chosen;
    if (a && b) { void this.model.edit(this.of, { do: "swap", a: a.window, b: b.window }); return; }
    this.swapping = this.swapping ? null : a?.window ?? null;
    this.draw();
    this.dispatchEvent(new Event("select"));
  }
  /** @param {string} other */
  endSwap(other) {
    const first = this.swapping;
    this.swapping = null;
    if (first && first !== other) void this.model.edit(this.of, { do: "swap", a: first, b: other });
    this.draw();
    this.dispatchEvent(new Event("select"));
  }

  // ---- pointer -------------------------------------------------------------------------------------------------
  /** @param {PointerEvent} event */
  down(event) {
    if (event.button !== 0) return;
    this.dispatchEvent(new Event("active"));
    const start = this.point(event.clientX, event.clientY);
    const id = this.idOf(event.target);
    if (hand.source && may("operate")) { const source = hand.source; hand.hold(null); this.put(source, start.x, start.y); event.preventDefault(); return; }
    if (this.swapping && id) { this.endSwap(id); event.preventDefault(); return; }
    const handle = event.target instanceof HTMLElement ? /** @type {Handle | undefined} */ (event.target.dataset["handle"]) : undefined;
    if (!id) { this.marquee(event, start); return; }
    if (event.shiftKey && !handle) { const next = new Set(this.selected); if (!next.delete(id)) next.add(id); this.choose([...next]); return; }
    if (!this.selected.has(id)) this.choose([id]);
    const moved = this.chosen.filter((w) => !w.locked);
    if (!may("operate") || moved.length === 0) return;
    if (handle && !moved.some((w) => w.window === id)) return;
    this.drag(event, start, handle ? { handle, id } : null, moved);
  }
  /** @param {PointerEvent} down @param {{ x: number, y: number }} start @param {{ handle: Handle, id: string } | null} grip @param {WallWindow[]} moved */
  drag(down, start, grip, moved) {
    const { wall } = this.model;
    const ids = new Set(moved.map((w) => w.window));
    // What was moved by keys until now is an act of its own.
    this.commit();
    const hold = this.model.hold(this.of, [...ids]);
    this.inHand = hold;
    const lines = linesOf(wall.canvas, wall.screens, this.windows.filter((w) => !ids.has(w.window)));
    const first = new Map(moved.map((w) => [w.window, w.rect]));
    const box = around(moved.map((w) => w.rect));
    const [single] = moved.length === 1 ? moved : [];
    let began = false;
    /** @type {WallWindow | null} */
    let other = null;
    this.follow(down, (event) => {
      const now = this.point(event.clientX, event.clientY);
      const dx = now.x - start.x, dy = now.y - start.y;
      if (!began && Math.hypot(dx, dy) * this.scale < BEGINS_PX) return;
      began = true;
      const reach = event.altKey ? 0 : SNAP_PX / this.scale;
      if (grip) {
        const rect = first.get(grip.id);
        if (!rect) return;
        const free = resize(rect, grip.handle, dx, dy, wall.canvas, event.shiftKey ? { aspect: rect.width / rect.height } : {});
        const snapped = event.shiftKey ? { rect: free, guides: [] } : snapResize(free, grip.handle, lines, reach);
        this.held.set(grip.id, snapped.rect);
        this.mark(snapped.guides, snapped.rect);
      } else if (single && (event.ctrlKey || event.metaKey) && (other = topmost(this.windows.filter((w) => w !== single && w.window !== single.window && !w.locked), now.x, now.y))) {
        // Dropped upon another with Ctrl, the two change places.
        this.held.clear();
        this.markSwap(other);
      } else if (box) {
        other = null;
        const snapped = snapMove({ ...box, x: box.x + dx, y: box.y + dy }, lines, reach, wall.canvas);
        for (const [id, rect] of first) this.held.set(id, { ...rect, x: rect.x + snapped.rect.x - box.x, y: rect.y + snapped.rect.y - box.y });
        this.mark(snapped.guides, snapped.rect);
      }
      this.draw();
    }, (done) => {
      this.unmark();
      if (began && done && single && other) void this.model.edits(this.of, [{ do: "swap", a: single.window, b: other.window }], undefined, hold);
      else if (!began || !done) this.model.letGo(hold);
      if (began && done && !other) this.commit(); else { this.inHand = null; this.held.clear(); this.draw(); }
    });
  }
  /** @param {PointerEvent} down @param {{ x: number, y: number }} start */
  marquee(down, start) {
    const before = down.shiftKey ? [...this.selected] : [];
    this.choose(before);
    const box = h("div", { class: "marquee" });
    this.marks.append(box);
    this.follow(down, (event) => {
      const now = this.point(event.clientX, event.clientY);
      const rect = between(start.x, start.y, now.x, now.y);
      place(box, rect, this.scale);
      this.choose([...new Set([...before, ...this.windows.filter((w) => shared(w.rect, rect) > 0).map((w) => w.window)])]);
    }, () => box.remove());
  }
  /** Follows one pointer until it is lifted; Escape gives up. @param {PointerEvent} down @param {(event: PointerEvent) => void} move @param {(done: boolean) => void} end */
  follow(down, move, end) {
    const stop = new AbortController();
    const finish = (/** @type {boolean} */ done) => { stop.abort(); end(done); };
    const mine = (/** @type {PointerEvent} */ event) => event.pointerId === down.pointerId;
    window.addEventListener("pointermove", (event) => { if (mine(event)) move(event); }, { signal: stop.signal });
    window.addEventListener("pointerup", (event) => { if (mine(event)) finish(true); }, { signal: stop.signal });
    window.addEventListener("pointercancel", (event) => { if (mine(event)) finish(false); }, { signal: stop.signal });
    window.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.stopPropagation(); finish(false); } }, { signal: stop.signal, capture: true });
  }
  /** What is held is put where it is seen, upon what was there when it was taken in hand: where another has moved it since, the operator hears of it. */
  commit() {
    clearTimeout(this.nudging);
    const hold = this.inHand;
    this.inHand = null;
    /** @type {import("../edits.js").Edit[]} */
    const edits = [];
    for (const [window, rect] of this.held) {
      const known = this.model.windows(this.of).find((w) => w.window === window);
      if (known && !same(known.rect, rect)) edits.push({ do: "patch", window, rect });
    }
    this.held.clear();
    if (edits.length > 0) void this.model.edits(this.of, edits, undefined, hold); else this.model.letGo(hold);
    this.draw();
  }

  // ---- guides --------------------------------------------------------------------------------------------------
  /** @param {readonly import("../snap.js").Guide[]} guides @param {Rect} rect */
  mark(guides, rect) {
    fill(this.marks, ...guides.map((g) => {
      const line = h("div", { class: `guide ${g.axis} ${g.kind}` });
      style(line, { [g.axis === "x" ? "left" : "top"]: `${g.at * this.scale}px` });
      return line;
    }), this.measure(rect));
  }
  /** @param {Rect} rect */
  measure(rect) {
    const box = h("div", { class: "measure" }, `${rect.width} × ${rect.height}`);
    style(box, { left: `${(rect.x + rect.width / 2) * this.scale}px`, top: `${(rect.y + rect.height) * this.scale}px` });
    return box;
  }
  /** @param {WallWindow} other */
  markSwap(other) {
    const box = h("div", { class: "drop replace" }, h("span", null, t("wall.drop.swap", { name: said(other.label) })));
    place(box, other.rect, this.scale);
    fill(this.marks, box);
  }
  unmark() { fill(this.marks); this.sheet.classList.remove("dropping"); }
  /** @param {number} px @param {number} py @param {import("../types.js").Source} source */
  over(px, py, source) {
    const { x, y } = this.point(px, py);
    const replaced = topmost(this.windows.filter((w) => w.source && !w.locked), x, y);
    const rect = replaced?.rect ?? dropRect(this.model.wall.screens, this.model.wall.canvas, x, y);
    const words = replaced ? t("wall.drop.replace", { name: said(replaced.label) }) : t("wall.drop.open", { name: said(source.label) });
    const box = h("div", { class: `drop${replaced ? " replace" : ""}` }, h("span", null, words));
    place(box, rect, this.scale);
    fill(this.marks, box);
    this.sheet.classList.add("dropping");
  }

  // ---- acts ----------------------------------------------------------------------------------------------------
  /** Puts a source down: on a window it takes that window's place. @param {import("../types.js").Source} source @param {number} x @param {number} y */
  put(source, x, y) {
    const replaced = topmost(this.windows.filter((w) => w.source && !w.locked), x, y);
    if (replaced) void this.model.edit(this.of, { do: "patch", window: replaced.window, source: source.source, label: source.label });
    else this.open(source, dropRect(this.model.wall.screens, this.model.wall.canvas, x, y));
    this.dispatchEvent(new Event("active"));
  }
  /** @param {import("../types.js").Source} source @param {Rect} [rect] without it, where least is hidden */
  open(source, rect) {
    const place = rect ?? freePlace(this.model.wall.screens, this.model.wall.canvas, this.windows);
    void this.model.edit(this.of, { do: "open", source: source.source, label: source.label, rect: inside(place, this.model.wall.canvas) });
  }
  /** @param {string} id */
  full(id) { const w = this.windowOf(id); if (may("operate") && w && !w.locked) void this.model.edit(this.of, { do: "patch", window: id, full_screen: !w.full_screen }); }
  /** @param {Partial<Extract<import("../edits.js").Edit, { do: "patch" }>>} change */
  patchChosen(change) {
    const edits = this.chosen.filter((w) => !w.locked || change.locked !== undefined).map((w) => /** @type {import("../edits.js").Edit} */ ({ do: "patch", window: w.window, ...change }));
    if (edits.length > 0 && may("operate")) void this.model.edits(this.of, edits);
  }
  /** Which windows go, and what came of it. @returns {{ gone: WallWindow[], doing: Promise<import("./model.js").Done | null> }} */
  closeChosen() {
    const gone = this.chosen.filter((w) => !w.locked);
    if (gone.length === 0 || !may("operate")) return { gone: [], doing: Promise.resolve(null) };
    const order = this.windows.filter((w) => !gone.includes(w));
    const doing = this.model.edits(this.of, gone.map((w) => ({ do: /** @type {const} */ ("close"), window: w.window })));
    const next = order[order.length - 1];
    if (next) this.focus(next.window); else this.list.focus();
    return { gone, doing };
  }

  // ---- keyboard ------------------------------------------------------------------------------------------------
  /** @param {KeyboardEvent} event */
  key(event) {
    const id = this.idOf(event.target);
    const focused = id ? this.windowOf(id) : undefined;
    const to = /** @type {Record<string, "left" | "right" | "up" | "down">} */ ({ ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" })[event.key];
    if (event.key === "Escape") { this.swapping = null; this.held.clear(); this.choose([]); return; }
    if ((event.key === "a" || event.key === "A") && (event.ctrlKey || event.metaKey)) { this.choose(this.windows.map((w) => w.window)); event.preventDefault(); return; }
    if (!focused || !id) return;
    if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      if (hand.source && may("operate")) { const source = hand.source; hand.hold(null); this.put(source, focused.rect.x + 1, focused.rect.y + 1); return; }
      if (this.swapping) { this.endSwap(id); return; }
      const next = new Set(event.shiftKey || event.ctrlKey ? this.selected : []);
      if (this.selected.has(id)) next.delete(id); else next.add(id);
      this.choose([...next]);
      return;
    }
    if (!to) return;
    event.preventDefault();
    if (event.ctrlKey || event.metaKey || !this.selected.has(id)) {
      const next = neighbour(this.windows, focused, to);
      if (next) this.focus(next.window);
      return;
    }
    if (may("operate")) this.nudge(to, event.shiftKey, event.altKey ? 1 : NUDGE_PX);
  }
  /** @param {"left" | "right" | "up" | "down"} to @param {boolean} size @param {number} step */
  nudge(to, size, step) {
    const dx = to === "left" ? -step : to === "right" ? step : 0, dy = to === "up" ? -step : to === "down" ? step : 0;
    const { canvas } = this.model.wall;
    this.inHand ??= this.model.hold(this.of, this.chosen.map((w) => w.window));
    for (const w of this.chosen) {
      if (w.locked) continue;
      this.held.set(w.window, size ? resize(w.rect, "se", dx, dy, canvas) : inside({ ...w.rect, x: w.rect.x + dx, y: w.rect.y + dy }, canvas));
    }
    const box = around(this.chosen.map((w) => w.rect));
    if (box) this.mark([], box);
    this.draw();
    clearTimeout(this.nudging);
    this.nudging = window.setTimeout(() => { this.unmark(); this.commit(); }, NUDGE_WAIT_MS);
  }
}

/** @param {readonly WallWindow[]} windows @param {string} id */
function windowsRank(windows, id) {
  const z = windows.find((w) => w.window === id)?.z ?? 0;
  return windows.filter((w) => w.z < z).length + 1;
}
