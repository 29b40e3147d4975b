// @ts-check
// The wall: what is on air, what is being prepared, the scenes, and the sources beside it.
import { alarmBar } from "../alarms.js";
import { Refused, call, seg } from "../api.js";
import { dialog } from "../dialog.js";
import { fill, h, say } from "../dom.js";
import { hall, may, told, topics, watch } from "../hall.js";
import { said, t } from "../i18n.js";
import { icon } from "../icons.js";
import { notice, refused } from "../notice.js";
import { ageWords, button, empty, shown, tourState } from "../pieces.js";
import { cropDialog } from "../wall/crop.js";
import { hand } from "../wall/drag.js";
import { WallModel, remedyOf } from "../wall/model.js";
import { Picture } from "../wall/picture.js";
import { sceneStrip } from "../wall/scenes.js";
import { Sheet } from "../wall/sheet.js";
import { tray } from "../wall/tray.js";
/** @typedef {import("../types.js").Of} Of */
/** @typedef {import("../types.js").Wall} Wall */

const CHOSEN = "taibai.wall", LARGE = "taibai.large", TRAY = "taibai.tray";

/** @returns {import("../shell.js").Page} */
export function wallPage() {
  const element = h("div", { class: "page wall-page" });
  const into = h("div", { class: "wall-slot" });
  /** @type {ReturnType<typeof desk> | null} */
  let current = null;
  const open = (/** @type {import("../types.js").Source} */ source) => current?.open(source);
  const side = tray(open);
  side.element.hidden = localStorage.getItem(TRAY) === "away";
  element.append(h("h1", { class: "unseen" }, t("nav.wall")), side.element, into);
  const chosen = () => localStorage.getItem(CHOSEN);
  const draw = (/** @type {Wall[]} */ walls) => {
    const wall = walls.find((w) => w.wall === chosen()) ?? walls[0];
    if (!wall) { current?.stop(); current = null; fill(into, empty("wall", t("walls.none"), t("walls.none.words"))); return; }
    if (current?.wall === wall.wall) { current.renew(wall, walls); return; }
    current?.stop();
    current = desk(wall, walls, {
      choose: (id) => { localStorage.setItem(CHOSEN, id); if (topics.walls.value) draw(topics.walls.value); },
      tray: () => { side.element.hidden = !side.element.hidden; localStorage.setItem(TRAY, side.element.hidden ? "away" : "here"); },
      find: () => { side.element.hidden = false; side.search.focus(); side.search.select(); },
    });
    fill(into, current.element);
  };
  const away = shown(topics.walls, into, draw, 5);
  return { element, title: t("nav.wall"), leave: () => { away(); side.stop(); current?.stop(); } };
}

/**
 * @param {Wall} first @param {Wall[]} walls
 * @param {{ choose: (wall: string) => void, tray: () => void, find: () => void }} acts
 */
function desk(first, walls, acts) {
  const model = new WallModel(first);
  const sourceOf = (/** @type {string} */ id) => topics.sources.value?.find((s) => s.source === id);
  const sheets = { air: new Sheet("air", model, sourceOf), stage: new Sheet("stage", model, sourceOf) };
  const picture = new Picture(sheets.air.canvas, first);
  sheets.air.resized = (size) => picture.resize(size.width, size.height);
  /** @type {Of} */
  let active = "air";
  /** @type {Of} */
  let large = localStorage.getItem(LARGE) === "stage" ? "stage" : "air";
  const sheet = () => sheets[active];

  const undo = () => { void model.act("undo", { of: active }); };
  const redo = () => { void model.act("redo", { of: active }); };
  /** Takes back what a notice is about, and nothing else, on the side where it was done. @param {Promise<import("../wall/model.js").Done | null>} doing */
  const undoThat = (doing) => { void doing.then((done) => { if (done && done.act !== null) void model.act("undo", { of: done.of, act: done.act }); }); };
  const take = () => { if (model.wall.staged) void model.act("take", {}, model.hold("stage", null)).then((done) => { if (done) { notice(t("taken")); void topics.walls.refresh(); } }); };
  const stage = (/** @type {string} */ scene) => { void model.act("stage", { scene }).then((done) => { if (done) { setActive("stage"); void topics.walls.refresh(); } }); };
  const recall = (/** @type {string} */ scene) => { void model.recall(scene).then((done) => { if (done) { notice(t("recalled")); void topics.walls.refresh(); } }); };
  const close = () => {
    const { gone, doing } = sheet().closeChosen();
    const [one] = gone;
    if (one) notice(gone.length === 1 ? t("closed.one", { name: said(one.label) }) : t("closed.many", { n: gone.length }), { act: { words: t("undo"), run: () => undoThat(doing) } });
  };
  const crop = () => {
    const [w] = sheet().chosen, of = active;
    if (w) cropDialog(w, (crop) => { void model.edit(of, { do: "patch", window: w.window, crop }); });
  };
  const lock = () => { const locked = !sheet().chosen.every((w) => w.locked); sheet().patchChosen({ locked }); };

  const tools = {
    full: button(t("tool.full"), () => sheet().patchChosen({ full_screen: !sheet().chosen[0]?.full_screen }), { icon: "full", only: true, key: "F", pressed: false }),
    crop: button(t("tool.crop"), crop, { icon: "crop", only: true, key: "C" }),
    swap: button(t("tool.swap"), () => sheet().beginSwap(), { icon: "swap", only: true, key: "X", pressed: false }),
    raise: button(t("tool.raise"), () => sheet().patchChosen({ raise: true }), { icon: "raise", only: true, key: "PgUp" }),
    lower: button(t("tool.lower"), () => sheet().patchChosen({ lower: true }), { icon: "lower", only: true, key: "PgDn" }),
    lock: button(t("tool.lock"), lock, { icon: "lock", only: true, key: "L", pressed: false }),
    close: button(t("tool.close"), close, { icon: "close", only: true, key: "Del" }),
  };
  const undoButton = button(t("undo"), undo, { icon: "undo", only: true, key: "Ctrl+Z" });
  const redoButton = button(t("redo"), redo, { icon: "redo", only: true, key: "Ctrl+Shift+Z" });
  const tour = h("div", { class: "tour" });
  const which = h("select", { class: "input", "aria-label": t("wall.choose"), on: { change: (/** @type {Event} */ e) => acts.choose(/** @type {HTMLSelectElement} */ (e.target).value) } });
  const chosenWords = h("span", { class: "chosen-words", role: "status" });
  const toolbar = h("div", { class: "toolbar", role: "toolbar", "aria-label": t("tools") },
    button(t("tool.tray"), acts.tray, { icon: "tray", only: true, kind: "quiet" }), which,
    h("span", { class: "rule" }), ...Object.values(tools), h("span", { class: "rule" }), undoButton, redoButton, chosenWords, h("span", { class: "spring" }),
    button(t("keys"), keysDialog, { icon: "keys", only: true, kind: "quiet", key: "?" }));

  const panels = { air: panel("air"), stage: panel("stage") };
  const scenes = sceneStrip(model, { stage, recall });
  const takeButton = button(t("take"), take, { icon: "take", kind: "primary", class: "take", key: "T" });
  const bar = alarmBar();
  const big = h("div", { class: "slot-large" }), small = h("div", { class: "slot-small" });
  const element = h("div", { class: "desk" }, toolbar, big,
    h("div", { class: "lower" }, small, h("div", { class: "take-box" }, takeButton), h("section", { class: "scene-box", "aria-label": t("scenes") }, h("h2", { class: "small-head" }, t("scenes")), scenes.element)), bar.element);

  /** @param {Of} of */
  function panel(of) {
    const name = h("span", { class: "panel-scene" }), edited = h("span", { class: "edited" }), info = h("span", { class: "panel-info" });
    const none = h("div", { class: "panel-none", hidden: true }), cover = h("p", { class: "cover", role: "status", hidden: true }, icon("alert"), t("covered"));
    const body = h("div", { class: "panel-body" }, sheets[of].element, none);
    const reset = button(t("reset"), () => { void model.act("reset", { of }).then((done) => { if (done) notice(t("reset.done"), { act: { words: t("undo"), run: () => undoThat(Promise.resolve(done)) } }); }); }, { icon: "reset", kind: "quiet", class: "slim" });
    reset.setAttribute("aria-label", t("reset"));
    reset.title = t("reset");
    const enlarge = button(t(`enlarge.${of}`), () => { large = of; localStorage.setItem(LARGE, of); arrange(); setActive(of); }, { icon: "enlarge", only: true, kind: "quiet", class: "slim" });
    const head = h("header", { class: "panel-head" }, h("span", { class: `badge of-${of}` }, t(`of.${of}`)), name, edited, cover, h("span", { class: "spring" }), reset, of === "air" ? tour : null, info, enlarge);
    const box = h("section", { class: `panel of-${of}`, "aria-label": t(`of.${of}`) }, head, body);
    return { box, head, name, edited, info, none, cover, reset, enlarge };
  }
  function arrange() {
    const other = large === "air" ? "stage" : "air";
    big.replaceChildren(panels[large].box);
    small.replaceChildren(panels[other].box);
    panels[large].enlarge.hidden = true;
    panels[other].enlarge.hidden = false;
    requestAnimationFrame(() => { sheets.air.fit(); sheets.stage.fit(); });
  }
  /** The large picture is as high as it is wide enough for; the small one takes the width that its height gives. */
  const share = new ResizeObserver(() => {
    const { canvas } = model.wall, aspect = canvas.width / canvas.height;
    const head_px = panels.air.head.offsetHeight;
    big.style.setProperty("max-height", `${Math.ceil(panels[large].box.clientWidth / aspect) + head_px}px`);
    small.style.setProperty("width", `${Math.floor(Math.min((small.clientHeight - head_px) * aspect, element.clientWidth * 0.54))}px`);
  });
  share.observe(element);
  share.observe(small);
  /** @param {Of} of */
  function setActive(of) {
    if (active !== of) { sheets[active].swapping = null; sheets[active].choose([]); }
    active = of;
    for (const each of /** @type {const} */ (["air", "stage"])) panels[each].box.classList.toggle("active", each === of);
    drawTools();
  }
  function drawTools() {
    const chosen = sheet().chosen, operate = may("operate");
    const some = operate && chosen.length > 0, loose = some && chosen.some((w) => !w.locked);
    for (const tool of [tools.raise, tools.lower, tools.close]) tool.disabled = !loose;
    tools.full.disabled = !(loose && chosen.length === 1);
    tools.lock.disabled = !some;
    tools.crop.disabled = !(loose && chosen.length === 1 && !!chosen[0]?.source);
    tools.swap.disabled = !(loose && chosen.length <= 2);
    tools.swap.setAttribute("aria-pressed", String(sheet().swapping !== null));
    tools.lock.setAttribute("aria-pressed", String(some && chosen.every((w) => w.locked)));
    tools.full.setAttribute("aria-pressed", String(some && chosen.every((w) => w.full_screen === true)));
    undoButton.disabled = !operate || !model.known[active]?.undo;
    redoButton.disabled = !operate || !model.known[active]?.redo;
    const [one] = chosen;
    say(chosenWords, sheet().swapping ? t("swap.next") : chosen.length > 1 ? t("chosen.many", { n: chosen.length }) : one ? said(one.label) : "");
  }
  function drawTour() {
    const line = topics.tours.value?.find((each) => each.wall === model.wall.wall);
    if (!line) { tour.replaceChildren(); return; }
    const { words, act } = tourState(line, model.wall);
    const label = h("span", { class: "tour-words" }, words);
    const key = JSON.stringify([words, act]);
    if (tour.dataset["shown"] === key) return;
    const focused = tour.contains(document.activeElement);
    tour.dataset["shown"] = key;
    tour.replaceChildren(label, button(t(`tour.${act}`), () => {
      call("POST", `/v1/tours/${seg(line.tour)}/${act}`).then(() => topics.tours.refresh(), (error) => refused(error, t(`tour.${act}`)));
    }, { icon: act === "pause" ? "pause" : "play", only: true, kind: "quiet", class: "slim", disabled: !may("operate") }));
    if (focused) tour.querySelector("button")?.focus();
  }
  function drawPicture() {
    const silent = picture.silent_ms, live = picture.live, { info } = panels.air;
    sheets.air.live = silent !== null;
    sheets.air.sheet.classList.toggle("stale", silent !== null && !live);
    if (silent === null) say(info, t("picture.none"));
    else if (!live) say(info, t("picture.stale", { age: ageWords(silent) }));
    else say(info, t("picture.live", { fps: picture.fps, age: picture.age_ms !== null && Math.abs(picture.age_ms) < 10000 ? ageWords(picture.age_ms) : "–" }));
    info.dataset["state"] = silent === null ? "none" : live ? "live" : "stale";
  }
  function draw() {
    const { wall } = model;
    for (const of of /** @type {const} */ (["air", "stage"])) {
      const known = model.known[of], id = of === "air" ? wall.on_air ?? known?.scene : wall.staged ?? known?.scene;
      const scene = wall.scenes.find((s) => s.scene === id);
      say(panels[of].name, scene ? said(scene.name) : id ?? "");
      say(panels[of].edited, known?.edited ? t("edited") : "");
      panels[of].reset.hidden = !known?.edited || !may("operate");
      sheets[of].draw();
    }
    const { none } = panels.stage;
    none.hidden = !!wall.staged || !!model.known.stage;
    sheets.stage.element.hidden = !none.hidden;
    if (!none.hidden && none.childElementCount === 0) {
      none.append(empty("take", t("stage.none"), t("stage.none.words"),
        may("operate") ? button(t("stage.from-air"), () => { if (model.wall.on_air) stage(model.wall.on_air); }, { icon: "plus" }) : null));
    }
    const covered = typeof wall.covered_by === "number";
    panels.air.cover.hidden = !covered;
    sheets.air.sheet.classList.toggle("covered", covered);
    takeButton.disabled = !wall.staged || !may("operate");
    scenes.draw();
    drawTools();
    drawTour();
  }
  /** What no node could decode, and what would have to take smaller streams. @param {Record<string, any>} body @param {string[]} windows */
  function budgetWords(body, windows) {
    const known = [...model.windows("air"), ...model.windows("stage")];
    const names = windows.map((id) => said(known.find((w) => w.window === id)?.label) || id);
    const over = (Array.isArray(body["over"]) ? body["over"] : []).map((/** @type {any} */ o) => t("budget.over", { node: String(o.node), needs: Number(o.needs), has: Number(o.has) }));
    return t("budget.ask", { over: over.join(t("list.separator")), names: names.join(t("list.separator")) });
  }
  function drawWhich() {
    if (which.options.length !== walls.length) which.replaceChildren(...walls.map((w) => h("option", { value: w.wall }, said(w.name) || w.wall)));
    which.value = model.wall.wall;
    which.hidden = walls.length < 2;
  }
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    if (document.querySelector("dialog[open]") || event.defaultPrevented) return;
    const typing = event.target instanceof HTMLElement && event.target.closest("input, select, textarea");
    if (typing) return;
    const command = event.ctrlKey || event.metaKey, low = event.key.toLowerCase();
    const acts_ = /** @type {Record<string, () => void>} */ ({
      f: () => tools.full.click(), c: () => tools.crop.click(), x: () => tools.swap.click(), l: () => tools.lock.click(),
      pageup: () => tools.raise.click(), pagedown: () => tools.lower.click(), delete: () => tools.close.click(), backspace: () => tools.close.click(),
      t: () => takeButton.click(), "?": keysDialog, "/": acts.find, s: () => setActive(active === "air" ? "stage" : "air"),
    });
    if (command && low === "z") { if (event.shiftKey) redo(); else undo(); event.preventDefault(); return; }
    if (command && low === "y") { redo(); event.preventDefault(); return; }
    // Single letters count while the focus is in here, so that nobody's speech or slip of the hand acts from elsewhere (WCAG 2.1.4).
    if (command || event.altKey || !(event.target instanceof Node && element.contains(event.target))) return;
    const act = acts_[low];
    if (act) { act(); event.preventDefault(); }
  };
  document.addEventListener("keydown", key);

  for (const of of /** @type {const} */ (["air", "stage"])) {
    sheets[of].addEventListener("active", () => { if (active !== of) setActive(of); });
    sheets[of].addEventListener("select", drawTools);
  }
  // Where nothing is on air there is nothing to hold.
  const hold = () => { const { wall, on_air } = model.wall; if (on_air) watch.hold(wall, on_air, sheets.air.chosen.map((w) => w.window)); };
  sheets.air.addEventListener("select", hold);
  model.addEventListener("change", draw);
  model.addEventListener("refused", (event) => {
    const { error, again, act } = /** @type {CustomEvent} */ (event).detail;
    const offered = remedyOf(error), conflict = error instanceof Refused && error.code === "conflict";
    if (conflict && act === "take") { notice(t("take.changed"), { tone: "warn" }); void topics.walls.refresh(); }
    else if (conflict && act === "undo") notice(t("undo.other"), { tone: "warn" });
    else if (again && offered) notice(budgetWords(error.body, offered.windows), { tone: "warn", act: { words: t("smaller"), run: again } });
    else if (again && error instanceof Refused) notice(error.words, { tone: "warn", act: { words: t("again"), run: again } });
    else refused(error);
  });
  picture.addEventListener("state", () => { const before = sheets.air.live; drawPicture(); if (before !== sheets.air.live) sheets.air.draw(); });
  // After a time without a line anything may have changed; else the wall's own line says whether it has.
  const onNews = (/** @type {Event} */ event) => {
    const news = /** @type {CustomEvent} */ (event).detail;
    if (news.what === "everything") void model.refreshAll();
    const of = news.of === "stage" ? "stage" : "air";
    if (news.what === "walls" && news.wall === model.wall.wall && news.user !== hall.session?.user && Array.isArray(news.windows)) sheets[of].touched(news.windows.map(String), String(news.name || news.user));
    if (news.what === "hand" && news.wall === model.wall.wall && news.scene === model.wall.on_air && news.mark !== watch.mark && Array.isArray(news.windows) && news.windows.length > 0) sheets.air.touched(news.windows.map(String), String(news.name || news.user));
  };
  told.addEventListener("news", onNews);
  const onHand = () => element.classList.toggle("armed", hand.source !== null);
  hand.addEventListener("change", onHand);
  const looks = [topics.tours.look(drawTour), topics.sources.look(() => { sheets.air.draw(); sheets.stage.draw(); })];
  arrange();
  setActive("air");
  drawWhich();
  drawPicture();
  draw();
  void model.refreshAll();
  picture.start();
  return {
    element, wall: first.wall,
    open: (/** @type {import("../types.js").Source} */ source) => { if (may("operate")) { if (active === "stage" && !model.wall.staged) setActive("air"); sheet().open(source); } },
    renew: (/** @type {Wall} */ wall, /** @type {Wall[]} */ all) => { walls = all; model.renew(wall); drawWhich(); },
    stop: () => {
      model.gone = true;
      share.disconnect();
      picture.stop();
      for (const each of Object.values(sheets)) each.stop();
      for (const away of looks) away();
      bar.stop();
      told.removeEventListener("news", onNews);
      hand.removeEventListener("change", onHand);
      document.removeEventListener("keydown", key);
    },
  };
}

const KEYS = /** @type {const} */ ([["Tab", "tab"], ["Space", "choose"], ["Ctrl+A", "all"], ["← ↑ → ↓", "move"], ["Shift+←↑→↓", "size"], ["Alt+←↑→↓", "fine"], ["Ctrl+←↑→↓", "other"],
  ["F", "full"], ["C", "crop"], ["X", "swap"], ["Ctrl", "drag"], ["PgUp / PgDn", "order"], ["L", "lock"], ["Del", "close"], ["Ctrl+Z / Ctrl+Shift+Z", "undo"], ["S", "side"], ["T", "take"], ["/", "find"], ["Esc", "escape"]]);

function keysDialog() {
  dialog(t("keys"), () => [h("dl", { class: "keys" }, ...KEYS.flatMap(([keys, what]) => [h("dt", null, h("kbd", null, keys)), h("dd", null, t(`keys.${what}`))]))], { wide: true });
}

/** Opens sources beside each other on a wall, for an event. @param {Wall} wall @param {readonly import("../types.js").Source[]} sources @returns {Promise<number>} how many were opened */
export async function showOnWall(wall, sources) {
  const model = new WallModel(wall);
  await model.refresh("air");
  const sheet = new Sheet("air", model, () => undefined);
  let opened = 0;
  /** @type {unknown} */
  let fault = null;
  model.addEventListener("refused", (event) => { fault = /** @type {CustomEvent} */ (event).detail.error; });
  for (const source of sources) {
    sheet.open(source);
    await model.chain;
    if (fault) break;
    opened += 1;
  }
  sheet.stop();
  if (fault) throw fault;
  return opened;
}

