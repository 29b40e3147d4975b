// @ts-check
// Rectangles on the canvas: whole pixels, no DOM.
/** @typedef {import("./types.js").Rect} Rect */
/** @typedef {import("./types.js").Size} Size */
/** @typedef {"n" | "s" | "e" | "w" | "ne" | "nw" | "se" | "sw"} Handle */

/** @type {readonly Handle[]} */
export const HANDLES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];
/** Smallest edge of a window, in canvas pixels. */
export const EDGE_MIN = 48;

/** @param {number} value @param {number} low @param {number} high */
export const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
/** @param {Rect} rect */
export const right = (rect) => rect.x + rect.width;
/** @param {Rect} rect */
export const bottom = (rect) => rect.y + rect.height;
/** @param {Rect} a @param {Rect} b */
export const same = (a, b) => a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;

/** @param {Rect} rect @returns {Rect} */
export function whole(rect) {
  const x = Math.round(rect.x), y = Math.round(rect.y);
  return { x, y, width: Math.round(right(rect)) - x, height: Math.round(bottom(rect)) - y };
}

/** Moves a rectangle inside the canvas; its size stays, unless it is larger than the canvas. @param {Rect} rect @param {Size} canvas @returns {Rect} */
export function inside(rect, canvas) {
  const width = Math.min(rect.width, canvas.width), height = Math.min(rect.height, canvas.height);
  return whole({ x: clamp(rect.x, 0, canvas.width - width), y: clamp(rect.y, 0, canvas.height - height), width, height });
}

/**
 * Drags an edge or a corner by (dx, dy); the opposite one stays. With `aspect` (width / height) a corner keeps it.
 * @param {Rect} rect @param {Handle} handle @param {number} dx @param {number} dy @param {Size} canvas
 * @param {{ aspect?: number, edgeMin?: number }} [options] @returns {Rect}
 */
export function resize(rect, handle, dx, dy, canvas, options = {}) {
  const least = options.edgeMin ?? EDGE_MIN;
  let left = rect.x, top = rect.y, r = right(rect), b = bottom(rect);
  if (handle.includes("w")) left = clamp(left + dx, 0, r - least);
  if (handle.includes("e")) r = clamp(r + dx, left + least, canvas.width);
  if (handle.includes("n")) top = clamp(top + dy, 0, b - least);
  if (handle.includes("s")) b = clamp(b + dy, top + least, canvas.height);
  if (options.aspect && handle.length === 2) {
    const width = Math.min(r - left, (b - top) * options.aspect), height = width / options.aspect;
    if (handle.includes("w")) left = r - width; else r = left + width;
    if (handle.includes("n")) top = b - height; else b = top + height;
  }
  return whole({ x: left, y: top, width: r - left, height: b - top });
}

/** Area that two rectangles share. @param {Rect} a @param {Rect} b */
export function shared(a, b) {
  const width = Math.min(right(a), right(b)) - Math.max(a.x, b.x);
  const height = Math.min(bottom(a), bottom(b)) - Math.max(a.y, b.y);
  return width > 0 && height > 0 ? width * height : 0;
}

/** @param {Rect} rect @param {number} x @param {number} y */
export const holds = (rect, x, y) => x >= rect.x && x < right(rect) && y >= rect.y && y < bottom(rect);

/** The topmost of what lies at a point. @template {{ rect: Rect, z: number }} T @param {readonly T[]} items @param {number} x @param {number} y @returns {T | null} */
export function topmost(items, x, y) {
  /** @type {T | null} */
  let found = null;
  for (const item of items) if (holds(item.rect, x, y) && (!found || item.z >= found.z)) found = item;
  return found;
}

/** The rectangle between two points. @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 @returns {Rect} */
export const between = (x0, y0, x1, y1) => ({ x: Math.min(x0, x1), y: Math.min(y0, y1), width: Math.abs(x1 - x0), height: Math.abs(y1 - y0) });

/** The box around all. @param {readonly Rect[]} rects @returns {Rect | null} */
export function around(rects) {
  if (rects.length === 0) return null;
  const x = Math.min(...rects.map((r) => r.x)), y = Math.min(...rects.map((r) => r.y));
  return { x, y, width: Math.max(...rects.map(right)) - x, height: Math.max(...rects.map(bottom)) - y };
}

/** How many screen pixels a canvas pixel gets, so that the canvas fits into the box. @param {Size} canvas @param {Size} box */
export const fitScale = (canvas, box) => Math.max(0, Math.min(box.width / canvas.width, box.height / canvas.height));

/** The screens that a rectangle reaches, most covered first. @template {{ rect: Rect }} T @param {readonly T[]} screens @param {Rect} rect @returns {T[]} */
export const spanned = (screens, rect) =>
  screens.filter((s) => shared(s.rect, rect) > 0).sort((a, b) => shared(b.rect, rect) - shared(a.rect, rect));

/** The screen at a point, else the nearest one. @template {{ rect: Rect }} T @param {readonly T[]} screens @param {number} x @param {number} y @returns {T | null} */
export function screenAt(screens, x, y) {
  /** @type {T | null} */
  let best = null;
  let least = Infinity;
  for (const screen of screens) {
    const dx = Math.max(screen.rect.x - x, 0, x - right(screen.rect));
    const dy = Math.max(screen.rect.y - y, 0, y - bottom(screen.rect));
    if (dx * dx + dy * dy < least) { least = dx * dx + dy * dy; best = screen; }
  }
  return best;
}

/** Largest rectangle of an aspect inside another, centred. @param {Rect} rect @param {number} aspect @returns {Rect} */
export function inscribed(rect, aspect) {
  const width = Math.min(rect.width, rect.height * aspect), height = width / aspect;
  return whole({ x: rect.x + (rect.width - width) / 2, y: rect.y + (rect.height - height) / 2, width, height });
}

/**
 * Where a source lands that is dropped at a point: a 16 : 9 box of 60 per cent of the screen under the point, kept on that screen.
 * @param {readonly { rect: Rect }[]} screens @param {Size} canvas @param {number} x @param {number} y @returns {Rect}
 */
export function dropRect(screens, canvas, x, y) {
  const screen = screenAt(screens, x, y)?.rect ?? { x: 0, y: 0, ...canvas };
  const { width, height } = inscribed({ x: 0, y: 0, width: screen.width * 0.6, height: screen.height * 0.6 }, 16 / 9);
  return whole({
    x: clamp(x - width / 2, screen.x, Math.max(screen.x, right(screen) - width)),
    y: clamp(y - height / 2, screen.y, Math.max(screen.y, bottom(screen) - height)),
    width, height,
  });
}

/**
 * Where a source goes that is opened without a place: the screen, or quarter of one, where it hides least; larger places win a tie.
 * @param {readonly { rect: Rect }[]} screens @param {Size} canvas @param {readonly { rect: Rect }[]} windows @returns {Rect}
 */
export function freePlace(screens, canvas, windows) {
  const bases = screens.length ? screens.map((s) => s.rect) : [{ x: 0, y: 0, ...canvas }];
  const quarters = bases.flatMap((r) => [0, 1, 2, 3].map((i) => whole({
    x: r.x + (i % 2) * r.width / 2, y: r.y + (i > 1 ? r.height / 2 : 0), width: r.width / 2, height: r.height / 2,
  })));
  let best = quarters[0] ?? { x: 0, y: 0, ...canvas };
  let least = Infinity;
  for (const rect of [...bases, ...quarters]) {
    const hidden = windows.reduce((sum, w) => sum + shared(w.rect, rect), 0) / (rect.width * rect.height);
    // A full screen must be nearly empty to be preferred.
    if (hidden < least - 0.01) { least = hidden; best = rect; }
  }
  return inscribed(best, 16 / 9);
}

/** The next window from one in a direction, for arrow keys. @template {{ rect: Rect }} T @param {readonly T[]} items @param {T} from @param {"left" | "right" | "up" | "down"} to @returns {T | null} */
export function neighbour(items, from, to) {
  const cx = from.rect.x + from.rect.width / 2, cy = from.rect.y + from.rect.height / 2;
  /** @type {T | null} */
  let best = null;
  let least = Infinity;
  for (const item of items) {
    if (item === from) continue;
    const dx = item.rect.x + item.rect.width / 2 - cx, dy = item.rect.y + item.rect.height / 2 - cy;
    const along = to === "left" ? -dx : to === "right" ? dx : to === "up" ? -dy : dy;
    const across = to === "left" || to === "right" ? Math.abs(dy) : Math.abs(dx);
    // What lies more beside than ahead is no neighbour in that direction.
    if (along > 0 && across <= 2 * along && along + 2 * across < least) { least = along + 2 * across; best = item; }
  }
  return best;
}
