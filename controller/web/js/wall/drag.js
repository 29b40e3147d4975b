// @ts-check
// Sources on their way to a wall: dragged by mouse or finger, or taken with one tap and put down with the next.
import { h, style } from "../dom.js";
import { said } from "../i18n.js";
/** @typedef {import("../types.js").Source} Source */
/**
 * @typedef {object} Target
 * @property {HTMLElement} element
 * @property {(x: number, y: number, source: Source) => void} over page coordinates
 * @property {() => void} leave
 * @property {(x: number, y: number, source: Source) => void} drop
 */

/** @type {Set<Target>} */
const targets = new Set();
/** @param {Target} target @returns {() => void} */
export function takeDrops(target) { targets.add(target); return () => targets.delete(target); }

/** The source that the next tap on a wall puts down. Events: `change`. */
export const hand = Object.assign(new EventTarget(), {
  /** @type {Source | null} */ source: null,
  /** @param {Source | null} source */
  hold(source) { hand.source = source; hand.dispatchEvent(new Event("change")); },
});

const BEGINS_PX = 6;

/** @param {number} x @param {number} y */
function under(x, y) {
  for (const target of targets) {
    const box = target.element.getBoundingClientRect();
    if (target.element.isConnected && x >= box.left && x < box.right && y >= box.top && y < box.bottom) return target;
  }
  return null;
}

/** Makes an element the handle of a source. @param {HTMLElement} element @param {() => Source} which */
export function dragged(element, which) {
  element.addEventListener("pointerdown", (down) => {
    if (down.button !== 0) return;
    const source = which();
    /** @type {HTMLElement | null} */
    let ghost = null;
    /** @type {Target | null} */
    let last = null;
    const end = () => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", up);
      window.removeEventListener("pointercancel", cancel);
      window.removeEventListener("keydown", key, true);
      ghost?.remove();
      last?.leave();
      document.body.classList.remove("dragging");
    };
    /** @param {PointerEvent} event */
    const move = (event) => {
      if (event.pointerId !== down.pointerId) return;
      if (!ghost) {
        if (Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) < BEGINS_PX) return;
        ghost = h("div", { class: "ghost", "aria-hidden": "true" }, said(source.label));
        document.body.append(ghost);
        document.body.classList.add("dragging");
      }
      style(ghost, { transform: `translate(${event.clientX + 12}px, ${event.clientY + 12}px)` });
      const now = under(event.clientX, event.clientY);
      if (last && last !== now) last.leave();
      last = now;
      now?.over(event.clientX, event.clientY, source);
      event.preventDefault();
    };
    /** @param {PointerEvent} event */
    const up = (event) => {
      if (event.pointerId !== down.pointerId) return;
      const target = ghost ? under(event.clientX, event.clientY) : null;
      const moved = ghost !== null;
      end();
      if (moved) {
        // The click that ends a drag over its own element is none.
        const swallow = (/** @type {Event} */ click) => { click.stopImmediatePropagation(); click.preventDefault(); };
        element.addEventListener("click", swallow, { capture: true });
        setTimeout(() => element.removeEventListener("click", swallow, { capture: true }), 0);
      }
      target?.drop(event.clientX, event.clientY, source);
    };
    const cancel = () => end();
    /** @param {KeyboardEvent} event */
    const key = (event) => { if (event.key === "Escape") { end(); event.stopPropagation(); } };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", up);
    window.addEventListener("pointercancel", cancel);
    window.addEventListener("keydown", key, true);
  });
}
