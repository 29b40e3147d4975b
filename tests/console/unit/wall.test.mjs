// What acts at the wall are based on: what the operator saw when they began, whatever others have done since.
import assert from "node:assert/strict";
import { test } from "node:test";
import { WallModel } from "../../../controller/web/js/wall/model.js";
import { Sheet } from "../../../controller/web/js/wall/sheet.js";

// Node 18, which Debian 12 has, knows no such events by itself.
globalThis.CustomEvent ??= class extends Event { constructor(type, init) { super(type, init); this.detail = init?.detail ?? null; } };

const wall = (more = {}) => ({ wall: "w", name: { zh: "w", en: "w" }, canvas: { width: 2000, height: 1000 }, screens: [], tick_hz: 25, latency_ms: 200, on_air: "day", revision: 10, scenes: [], ...more });
const rect = (x) => ({ x, y: 0, width: 100, height: 100 });
const win = (window, x = 0) => ({ window, kind: "source", source: window, label: { zh: window, en: window }, rect: rect(x), z: 0, locked: false });
const picture = (revision, windows, more = {}) => ({ revision, scene: "day", edited: true, undo: 1, redo: 0, windows, ...more });
const patch = (window, x) => ({ do: "patch", window, rect: rect(x) });
const turn = () => new Promise((done) => setImmediate(done));

/** A controller that answers as it is told, one request after the other, and remembers what it was asked. */
function controller() {
  const asked = [], waiting = [];
  globalThis.fetch = (path, { method, body }) => new Promise((done) => {
    asked.push({ method, path, body: body === undefined ? null : JSON.parse(body) });
    waiting.push((status, value) => done({ ok: status < 400, status, text: async () => JSON.stringify(value) }));
  });
  return { asked, answer: async (value, status = 200) => { await turn(); waiting.shift()(status, value); await turn(); } };
}

/** A page at the wall. */
function page(more) {
  const model = new WallModel(wall(more)), refusals = [];
  model.addEventListener("refused", (event) => refusals.push(event.detail));
  model.take_in("air", picture(10, [win("a"), win("b", 200)]));
  return { model, refusals };
}
const conflict = (current, changed = []) => ({ code: "conflict", detail: "others have changed it", changed, current });

test("what is in hand is based on what was there when it was taken in hand", async () => {
  const { asked, answer } = controller(), { model, refusals } = page();
  const hold = model.hold("air", ["a"]);
  // Another moves it meanwhile, and this page is told.
  model.take_in("air", picture(11, [win("a", 700), win("b", 200)]));
  const moved = model.edits("air", [patch("a", 300)], undefined, hold);
  await answer(conflict(picture(11, [win("a", 700), win("b", 200)]), ["a"]), 409);
  assert.equal(asked[0].body.base_revision, 10);
  assert.equal(await moved, null);
  // It is done upon what there is now when the operator says so.
  refusals[0].again();
  await answer(picture(12, [win("a", 300), win("b", 200)], { act: 12 }));
  assert.equal(asked[1].body.base_revision, 11);
  assert.equal(model.holds.size, 0);
});

test("a drag that is dropped and keys that are pressed go upon the begin", async () => {
  const { asked, answer } = controller(), { model } = page();
  const sheet = { of: "air", model, held: new Map([["a", rect(300)]]), inHand: model.hold("air", ["a"]), nudging: 0, draw: () => undefined };
  model.take_in("air", picture(15, [win("a", 700), win("b", 200)]));
  Sheet.prototype.commit.call(sheet);
  assert.equal(sheet.inHand, null);
  await answer(conflict(picture(15, [win("a", 700), win("b", 200)]), ["a"]), 409);
  assert.equal(asked[0].body.base_revision, 10);
  // With nothing to commit, nothing stays in hand.
  sheet.inHand = model.hold("air", ["a"]);
  Sheet.prototype.commit.call(sheet);
  assert.equal(model.holds.size, 0);
});

test("this page's own acts are not in the way of what it has in hand, another's are", async () => {
  const { asked, answer } = controller(), { model } = page();
  void model.edits("air", [patch("a", 50)]);
  const own = model.hold("air", ["a"]), both = model.hold("air", ["a", "b"]);
  void model.edits("air", [patch("a", 80)], undefined, own);
  // The answer tells as well of what another has done to the other window.
  await answer(picture(12, [win("a", 50), win("b", 900)], { act: 12 }));
  await answer(picture(13, [win("a", 80), win("b", 900)], { act: 13 }));
  assert.deepEqual(asked.map((one) => one.body.base_revision), [10, 12]);
  assert.equal(both.revision, 10, "the other window is another's now");
  // What was based on something older than the other's act proves nothing.
  const late = model.hold("air", ["a"]);
  model.advance("air", 14, new Set(["a"]), picture(15, [win("a", 1)]));
  assert.equal(late.revision, 13);
});

test("the notice's undo names the act that it is about, on the side where it was done", async () => {
  const { asked, answer } = controller(), { model, refusals } = page();
  const closed = model.edits("air", [{ do: "close", window: "a" }]);
  await answer(picture(11, [win("b", 200)], { act: 11 }));
  const done = await closed;
  assert.deepEqual(done, { of: "air", act: 11 });
  void model.act("undo", { of: done.of, act: done.act });
  await answer(conflict(picture(14, [win("b", 444)]), ["b"]), 409);
  assert.deepEqual(asked[1].body, { of: "air", act: 11 });
  assert.deepEqual([refusals[0].act, refusals[0].error.code], ["undo", "conflict"]);
  assert.equal(model.known.air.revision, 14, "what there is now is shown");
  const nothing = model.act("reset", { of: "air" });
  await answer(picture(14, [win("b", 444)]));
  assert.deepEqual(await nothing, { of: "air", act: null }, "what has changed nothing is no act");
});

test("the stage is taken as this page has shown it", async () => {
  const { asked, answer } = controller(), { model, refusals } = page({ staged: "night" });
  model.take_in("stage", picture(9, [win("a")], { scene: "night" }));
  const hold = model.hold("stage", null);
  const taken = model.act("take", {}, hold);
  await answer(conflict(picture(12, [win("c")], { scene: "storm" })), 409);
  assert.deepEqual(asked[0].body, { base_revision: 9 });
  assert.equal(await taken, null);
  assert.deepEqual([refusals[0].act, model.known.stage.scene, model.wall.staged], ["take", "storm", "storm"], "what is staged now is shown");
  void model.act("take", {}, model.hold("stage", null));
  await answer(picture(13, [win("c")], { scene: "storm", act: 13 }));
  assert.equal(asked[1].body.base_revision, 12);
});

test("what this page has staged itself is taken without waiting for the answer, and no longer where another has changed it too", async () => {
  const { asked, answer } = controller(), { model } = page({ staged: "night" });
  model.take_in("stage", picture(9, [win("a")], { scene: "night" }));
  void model.act("stage", { scene: "storm" });
  void model.edits("stage", [patch("c", 40)]);
  void model.act("take", {}, model.hold("stage", null));
  await answer(picture(11, [win("c"), win("d")], { scene: "storm" }));
  await answer(picture(12, [win("c", 40), win("d")], { scene: "storm", act: 12 }));
  await answer(picture(13, [win("c", 40), win("d")], { scene: "storm", act: 13 }));
  assert.equal(asked[2].body.base_revision, 12);
  model.wall = { ...model.wall, staged: "storm" };
  model.take_in("stage", picture(14, [win("c")], { scene: "storm" }));
  void model.edits("stage", [patch("c", 60)]);
  void model.act("take", {}, model.hold("stage", null));
  await answer(picture(17, [win("c", 60), win("another")], { scene: "storm", act: 17 }));
  await answer(conflict(picture(17, [win("c", 60), win("another")], { scene: "storm" })), 409);
  assert.equal(asked[4].body.base_revision, 14, "somebody has opened a window between");
});

test("a scene and an undo over the budget are done with what the refusal offers", async () => {
  const { asked, answer } = controller(), { model, refusals } = page({ staged: "night" });
  const over = { code: "over_budget", detail: "", over: [], remedy: { remedy: "sub-streams", windows: ["a"] } };
  void model.recall("night");
  await answer(over, 422);
  refusals[0].again();
  await answer({});
  void model.act("undo", { of: "air" });
  await answer(over, 422);
  refusals[1].again();
  await answer(picture(20, []));
  assert.deepEqual(asked.map((one) => one.body), [null, { remedy: "sub-streams" }, { of: "air" }, { of: "air", remedy: "sub-streams" }]);
});
