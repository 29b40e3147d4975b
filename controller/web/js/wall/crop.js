// @ts-check
// The part of a picture that a window shows, chosen over its still picture: per cent for people, fractions for the controller.
import { dialog, field } from "../dialog.js";
import { h, place } from "../dom.js";
import { HANDLES, clamp, inside, resize, whole } from "../geometry.js";
import { said, t } from "../i18n.js";
import { button } from "../pieces.js";
import { thumb } from "./thumb.js";
/** @typedef {import("../types.js").Rect} Rect */

/** Hundredths of a per cent, so that whole numbers are fine enough. */
const FINE = 100;
const ALL = { x: 0, y: 0, width: 1, height: 1 };
/** Of one, in hundredths of a per cent. */
const ONE = 100 * FINE;
const FULL = { width: 100 * FINE, height: 100 * FINE };
const LEAST = 5 * FINE;

/** @param {Rect} r @param {number} by */
const times = (r, by) => ({ x: r.x * by, y: r.y * by, width: r.width * by, height: r.height * by });

/** @param {import("../types.js").WallWindow} w @param {(crop: Rect) => void} done */
export function cropDialog(w, done) {
  let crop = whole(times(w.crop ?? ALL, ONE));
  const frame = h("div", { class: "crop-frame", tabindex: "0", role: "group", "aria-label": t("crop.frame") }, ...HANDLES.map((handle) => h("i", { class: `handle ${handle}`, "aria-hidden": "true", data: { handle } })));
  const sheet = h("div", { class: "crop-sheet" }, w.source ? thumb(`/v1/sources/${encodeURIComponent(w.source)}/thumbnail.jpg`) : null, frame);
  const inputs = /** @type {const} */ (["x", "y", "width", "height"]).map((name) => {
    const input = h("input", { class: "input", type: "number", min: "0", max: "100", step: "1" });
    input.addEventListener("change", () => {
      const value = clamp(Number(input.value) || 0, name === "width" || name === "height" ? 5 : 0, 100) * FINE;
      const next = { ...crop, [name]: value };
      crop = inside({ ...next, width: Math.max(LEAST, next.width), height: Math.max(LEAST, next.height) }, FULL);
      draw();
    });
    return { name, input };
  });
  const draw = () => {
    const scale = sheet.clientWidth / FULL.width;
    place(frame, { x: crop.x * scale, y: crop.y * (sheet.clientHeight / FULL.height), width: crop.width * scale, height: crop.height * (sheet.clientHeight / FULL.height) });
    for (const { name, input } of inputs) input.value = String(Math.round(crop[name] / FINE));
  };
  frame.addEventListener("pointerdown", (down) => {
    const handle = down.target instanceof HTMLElement ? /** @type {import("../geometry.js").Handle | undefined} */ (down.target.dataset["handle"]) : undefined;
    const first = crop;
    frame.setPointerCapture(down.pointerId);
    const move = (/** @type {PointerEvent} */ event) => {
      const dx = ((event.clientX - down.clientX) / sheet.clientWidth) * FULL.width, dy = ((event.clientY - down.clientY) / sheet.clientHeight) * FULL.height;
      crop = handle ? resize(first, handle, dx, dy, FULL, { edgeMin: LEAST }) : inside({ ...first, x: first.x + dx, y: first.y + dy }, FULL);
      draw();
    };
    frame.addEventListener("pointermove", move);
    const end = () => { frame.removeEventListener("pointermove", move); };
    frame.addEventListener("pointerup", end, { once: true });
    frame.addEventListener("pointercancel", end, { once: true });
  });
  frame.addEventListener("keydown", (event) => {
    const step = FINE * (event.altKey ? 1 : 5);
    const by = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] })[event.key];
    if (!by) return;
    event.preventDefault();
    crop = event.shiftKey ? resize(crop, "se", by[0], by[1], FULL, { edgeMin: LEAST }) : inside({ ...crop, x: crop.x + by[0], y: crop.y + by[1] }, FULL);
    draw();
  });
  dialog(t("crop.title", { name: said(w.label) }), (close) => [
    h("p", { class: "hint" }, t("crop.hint")), sheet,
    h("div", { class: "fields four" }, ...inputs.map(({ name, input }) => field(t(`crop.${name}`), input))),
    h("div", { class: "acts" },
      button(t("crop.whole"), () => { crop = whole(times(ALL, ONE)); draw(); }, { kind: "quiet", icon: "reset" }),
      button(t("crop.apply"), () => {
        close();
        done({ x: crop.x / ONE, y: crop.y / ONE, width: crop.width / ONE, height: crop.height / ONE });
      }, { kind: "primary", icon: "check" })),
  ], { wide: true });
  requestAnimationFrame(draw);
}
