// Geometry and snapping, on small walls whose right answers are plain.
import assert from "node:assert/strict";
import { test } from "node:test";
import { HANDLES, around, dropRect, fitScale, freePlace, inscribed, inside, neighbour, resize, screenAt, shared, spanned, topmost, whole } from "../../../controller/web/js/geometry.js";
import { linesOf, snapMove, snapResize } from "../../../controller/web/js/snap.js";

const canvas = { width: 2000, height: 1000 };
const screens = [{ rect: { x: 0, y: 0, width: 980, height: 1000 } }, { rect: { x: 1020, y: 0, width: 980, height: 1000 } }];
/** A small generator of numbers from a seed, so that a failure can be seen again. @param {number} seed */
function random(seed) { let s = seed; return () => { s = (s * 1103515245 + 12345) % 2147483648; return s / 2147483648; }; }
const within = (rect, size) => rect.x >= 0 && rect.y >= 0 && rect.x + rect.width <= size.width && rect.y + rect.height <= size.height;

test("a rectangle is kept inside the canvas and keeps its size", () => {
  assert.deepEqual(inside({ x: -50, y: 950, width: 100, height: 100 }, canvas), { x: 0, y: 900, width: 100, height: 100 });
  assert.deepEqual(inside({ x: 0, y: 0, width: 5000, height: 100 }, canvas), { x: 0, y: 0, width: 2000, height: 100 });
});

test("any drag of any handle leaves whole pixels inside the canvas, never smaller than an edge, the far edges in place", () => {
  const next = random(7);
  for (let i = 0; i < 4000; i += 1) {
    const rect = whole({ x: next() * 1000, y: next() * 500, width: 100 + next() * 900, height: 100 + next() * 400 });
    const handle = HANDLES[Math.floor(next() * 8)];
    const to = resize(rect, handle, (next() - 0.5) * 4000, (next() - 0.5) * 4000, canvas);
    assert.ok(within(to, canvas) && to.width >= 48 && to.height >= 48 && [to.x, to.y, to.width, to.height].every(Number.isInteger), JSON.stringify({ rect, handle, to }));
    if (!handle.includes("w")) assert.equal(to.x, rect.x);
    if (!handle.includes("n")) assert.equal(to.y, rect.y);
    if (!handle.includes("e") && !handle.includes("w")) assert.equal(to.width, rect.width);
    if (!handle.includes("s") && !handle.includes("n")) assert.equal(to.height, rect.height);
    if (handle.includes("w")) assert.equal(to.x + to.width, rect.x + rect.width);
    if (handle.includes("n")) assert.equal(to.y + to.height, rect.y + rect.height);
  }
});

test("a corner that keeps the aspect keeps it", () => {
  const to = resize({ x: 0, y: 0, width: 320, height: 180 }, "se", 320, 20, canvas, { aspect: 16 / 9 });
  assert.ok(Math.abs(to.width / to.height - 16 / 9) < 0.02, JSON.stringify(to));
});

test("a window is drawn to the edge of a screen across the bezel, and a guide says to which", () => {
  const lines = linesOf(canvas, screens, []);
  const { rect, guides } = snapMove({ x: 1013, y: 300, width: 400, height: 200 }, lines, 10, canvas);
  assert.equal(rect.x, 1020);
  assert.equal(rect.y, 300, "nothing within reach downwards");
  assert.deepEqual(guides, [{ axis: "x", at: 1020, kind: "screen" }]);
});

test("a right edge is drawn to the near side of the bezel", () => {
  const lines = linesOf(canvas, screens, []);
  assert.equal(snapMove({ x: 585, y: 300, width: 400, height: 200 }, lines, 10, canvas).rect.x, 580);
});

test("windows are drawn to each other, edges before middles, and nothing out of reach", () => {
  const other = [{ rect: { x: 100, y: 100, width: 300, height: 200 } }];
  const lines = linesOf(canvas, screens, other);
  assert.equal(snapMove({ x: 404, y: 500, width: 200, height: 100 }, lines, 8, canvas).rect.x, 400);
  assert.equal(snapMove({ x: 430, y: 700, width: 200, height: 100 }, lines, 8, canvas).rect.x, 430);
});

test("a snapped resize moves only the edge that is held", () => {
  const lines = linesOf(canvas, screens, []);
  const { rect, guides } = snapResize({ x: 300, y: 300, width: 675, height: 200 }, "e", lines, 8);
  assert.deepEqual(rect, { x: 300, y: 300, width: 680, height: 200 });
  assert.deepEqual(guides, [{ axis: "x", at: 980, kind: "screen" }]);
});

test("snapping never makes a window vanish or leave the canvas", () => {
  const next = random(11);
  for (let i = 0; i < 3000; i += 1) {
    const rect = inside({ x: next() * 2000, y: next() * 1000, width: 48 + next() * 1000, height: 48 + next() * 800 }, canvas);
    const lines = linesOf(canvas, screens, [{ rect: whole({ x: next() * 1500, y: next() * 700, width: 200, height: 150 }) }]);
    const moved = snapMove(rect, lines, 40, canvas).rect;
    assert.ok(within(moved, canvas) && moved.width === rect.width && moved.height === rect.height);
    const sized = snapResize(rect, HANDLES[i % 8], lines, 40).rect;
    assert.ok(within(sized, canvas) && sized.width >= 48 && sized.height >= 48, JSON.stringify({ rect, sized }));
  }
});

test("what is dropped stays on the screen it is dropped on", () => {
  for (const [x, y] of [[5, 5], [975, 995], [1001, 500], [1990, 10]]) {
    const rect = dropRect(screens, canvas, x, y);
    const [screen] = spanned(screens, rect);
    assert.equal(spanned(screens, rect).length, 1, JSON.stringify(rect));
    assert.equal(screen, screenAt(screens, x, y));
    assert.ok(Math.abs(rect.width / rect.height - 16 / 9) < 0.02);
  }
});

test("a source without a place goes where nothing is hidden", () => {
  const windows = [{ rect: { x: 0, y: 0, width: 980, height: 1000 } }, { rect: { x: 1020, y: 0, width: 980, height: 500 } }];
  const rect = freePlace(screens, canvas, windows);
  assert.equal(windows.reduce((sum, w) => sum + shared(w.rect, rect), 0), 0, JSON.stringify(rect));
  assert.deepEqual(freePlace(screens, canvas, []), inscribed(screens[0].rect, 16 / 9));
});

test("the topmost window at a point is found, and windows beside it by direction", () => {
  const windows = [{ id: "a", z: 1, rect: { x: 0, y: 0, width: 400, height: 400 } }, { id: "b", z: 2, rect: { x: 200, y: 0, width: 400, height: 400 } }, { id: "c", z: 0, rect: { x: 0, y: 600, width: 100, height: 100 } }];
  assert.equal(topmost(windows, 300, 100)?.id, "b");
  assert.equal(topmost(windows, 1900, 900), null);
  assert.equal(neighbour(windows, windows[0], "right")?.id, "b");
  assert.equal(neighbour(windows, windows[0], "down")?.id, "c");
  assert.equal(neighbour(windows, windows[0], "left"), null);
  assert.deepEqual(around(windows.map((w) => w.rect)), { x: 0, y: 0, width: 600, height: 700 });
  assert.equal(around([]), null);
});

test("the canvas fits its box", () => {
  assert.equal(fitScale(canvas, { width: 1000, height: 1000 }), 0.5);
  assert.equal(fitScale(canvas, { width: 1000, height: 100 }), 0.1);
});
