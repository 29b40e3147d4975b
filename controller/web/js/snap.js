// @ts-check
// Snapping: edges of what is moved are drawn to edges of screens (and so to both sides of a bezel), windows and the canvas.
import { EDGE_MIN, bottom, clamp, right, whole } from "./geometry.js";
/** @typedef {import("./types.js").Rect} Rect */
/** @typedef {import("./types.js").Size} Size */
/** @typedef {{ at: number, kind: "canvas" | "screen" | "middle" | "window" }} Line */
/** @typedef {{ x: Line[], y: Line[] }} Lines */
/** @typedef {{ axis: "x" | "y", at: number, kind: Line["kind"] }} Guide */

/** @type {Record<Line["kind"], number>} */
const RANK = { screen: 0, canvas: 1, window: 2, middle: 3 };

/** All lines to snap to. @param {Size} canvas @param {readonly { rect: Rect }[]} screens @param {readonly { rect: Rect }[]} others @returns {Lines} */
export function linesOf(canvas, screens, others) {
  /** @type {Lines} */
  const lines = { x: [{ at: 0, kind: "canvas" }, { at: canvas.width, kind: "canvas" }], y: [{ at: 0, kind: "canvas" }, { at: canvas.height, kind: "canvas" }] };
  for (const { rect } of screens) {
    lines.x.push({ at: rect.x, kind: "screen" }, { at: right(rect), kind: "screen" }, { at: rect.x + rect.width / 2, kind: "middle" });
    lines.y.push({ at: rect.y, kind: "screen" }, { at: bottom(rect), kind: "screen" }, { at: rect.y + rect.height / 2, kind: "middle" });
  }
  for (const { rect } of others) {
    lines.x.push({ at: rect.x, kind: "window" }, { at: right(rect), kind: "window" });
    lines.y.push({ at: rect.y, kind: "window" }, { at: bottom(rect), kind: "window" });
  }
  return lines;
}

/** The nearest line to one of the edges. @param {readonly number[]} edges @param {readonly Line[]} lines @param {number} reach @returns {{ by: number, line: Line } | null} */
function nearest(edges, lines, reach) {
  /** @type {{ by: number, line: Line } | null} */
  let best = null;
  for (const line of lines) for (const edge of edges) {
    const by = line.at - edge;
    if (Math.abs(by) > reach) continue;
    const nearer = !best || Math.abs(by) < Math.abs(best.by) || (Math.abs(by) === Math.abs(best.by) && RANK[line.kind] < RANK[best.line.kind]);
    if (nearer) best = { by, line };
  }
  return best;
}

/**
 * Snaps a rectangle that is moved; its size stays.
 * @param {Rect} rect @param {Lines} lines @param {number} reach in canvas pixels @param {Size} canvas @returns {{ rect: Rect, guides: Guide[] }}
 */
export function snapMove(rect, lines, reach, canvas) {
  /** @type {Guide[]} */
  const guides = [];
  const edges = lines.x.filter((l) => l.kind !== "middle"), middles = lines.x.filter((l) => l.kind === "middle");
  const edgesY = lines.y.filter((l) => l.kind !== "middle"), middlesY = lines.y.filter((l) => l.kind === "middle");
  const byX = nearest([rect.x, right(rect)], edges, reach) ?? nearest([rect.x + rect.width / 2], middles, reach);
  const byY = nearest([rect.y, bottom(rect)], edgesY, reach) ?? nearest([rect.y + rect.height / 2], middlesY, reach);
  const snapped = whole({
    x: clamp(rect.x + (byX?.by ?? 0), 0, Math.max(0, canvas.width - rect.width)),
    y: clamp(rect.y + (byY?.by ?? 0), 0, Math.max(0, canvas.height - rect.height)),
    width: rect.width, height: rect.height,
  });
  if (byX) guides.push({ axis: "x", at: byX.line.at, kind: byX.line.kind });
  if (byY) guides.push({ axis: "y", at: byY.line.at, kind: byY.line.kind });
  return { rect: snapped, guides };
}

/**
 * Snaps the edges that a handle drags; the others stay.
 * @param {Rect} rect @param {import("./geometry.js").Handle} handle @param {Lines} lines @param {number} reach @returns {{ rect: Rect, guides: Guide[] }}
 */
export function snapResize(rect, handle, lines, reach) {
  /** @type {Guide[]} */
  const guides = [];
  let left = rect.x, top = rect.y, r = right(rect), b = bottom(rect);
  if (/[ew]/.test(handle)) {
    const found = nearest([handle.includes("w") ? left : r], lines.x, reach);
    if (found) {
      const to = found.line.at;
      if (handle.includes("w") && r - to >= EDGE_MIN) left = to;
      else if (handle.includes("e") && to - left >= EDGE_MIN) r = to;
      guides.push({ axis: "x", at: to, kind: found.line.kind });
    }
  }
  if (/[ns]/.test(handle)) {
    const found = nearest([handle.includes("n") ? top : b], lines.y, reach);
    if (found) {
      const to = found.line.at;
      if (handle.includes("n") && b - to >= EDGE_MIN) top = to;
      else if (handle.includes("s") && to - top >= EDGE_MIN) b = to;
      guides.push({ axis: "y", at: to, kind: found.line.kind });
    }
  }
  return { rect: whole({ x: left, y: top, width: r - left, height: b - top }), guides };
}
