// @ts-check
// What an edit will do to the windows, before the controller has said so. The controller's answer replaces it.
import { whole } from "./geometry.js";
/** @typedef {import("./types.js").WallWindow} WallWindow */
/** @typedef {import("./types.js").Rect} Rect */
/**
 * @typedef {{ do: "open", source: string, label: import("./types.js").Said, rect: Rect, small_stream?: boolean }
 *   | { do: "patch", window: string, rect?: Rect, source?: string, label?: import("./types.js").Said, crop?: Rect | null, raise?: boolean, lower?: boolean, locked?: boolean, full_screen?: boolean, small_stream?: boolean }
 *   | { do: "close", window: string }
 *   | { do: "swap", a: string, b: string }} Edit
 */

/**
 * @param {readonly WallWindow[]} windows @param {Edit} edit @param {{ screens: readonly { rect: Rect }[], canvas: import("./types.js").Size }} wall
 * @returns {WallWindow[]}
 */
export function applied(windows, edit, wall) {
  const top = Math.max(0, ...windows.map((w) => w.z)), bottom = Math.min(0, ...windows.map((w) => w.z));
  switch (edit.do) {
    case "open":
      return [...windows, { window: `new:${edit.source}:${windows.length}`, kind: "source", source: edit.source, label: edit.label, rect: whole(edit.rect), z: top + 1, locked: false }];
    case "close":
      return windows.filter((w) => w.window !== edit.window);
    case "swap": {
      const a = windows.find((w) => w.window === edit.a), b = windows.find((w) => w.window === edit.b);
      if (!a || !b) return [...windows];
      // What they show changes places; where they are, stays.
      return windows.map((w) => (w === a ? { ...b, ...stays(w) } : w === b ? { ...a, ...stays(w) } : w));
    }
    case "patch":
      return windows.map((w) => {
        if (w.window !== edit.window) return w;
        const next = { ...w };
        if (edit.rect) next.rect = whole(edit.rect);
        if (edit.source !== undefined) { next.source = edit.source; next.crop = null; if (edit.label) next.label = edit.label; }
        if (edit.crop !== undefined) next.crop = edit.crop;
        if (edit.locked !== undefined) next.locked = edit.locked;
        if (edit.raise) next.z = top + 1;
        if (edit.lower) next.z = bottom - 1;
        if (edit.full_screen !== undefined) next.full_screen = edit.full_screen;
        if (edit.full_screen) { next.rect = { x: 0, y: 0, ...wall.canvas }; next.z = top + 1; }
        return next;
      });
  }
}

/** What a window keeps when it shows something else. @param {WallWindow} w */
const stays = ({ window, rect, z, locked, slot = null, full_screen = false }) => ({ window, rect, z, locked, slot, full_screen });
