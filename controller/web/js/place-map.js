// @ts-check
// A small map of a place: the grid's edges, roads and water as lines, the cameras that stand there, and the place in the middle. All of it comes from the controller.
import { call, withQuery } from "./api.js";
import { h, say } from "./dom.js";
import { said, t } from "./i18n.js";
/** @typedef {{ kind: string, at: [number, number][] }} MapLine */
/** @typedef {{ bounds: [number, number, number, number], lines: MapLine[], sources: { source: string, at: [number, number] }[], more: boolean }} PlaceMap */

const HEIGHT = 9 / 16;
/** How wide maps are, nearest first; each press of a button goes one on. */
const SPANS_M = [400, 800, 1600, 3200, 6400, 12800];
const USUAL = 2;

/**
 * Where a place lies on a canvas whose width is the map's; it is cut above and below.
 * @param {[number, number, number, number]} bounds west, south, east, north @param {[number, number]} at @param {{ width: number, height: number }} size
 */
export function onMap(bounds, at, size) {
  const [west, south, east, north] = bounds;
  return {
    x: ((at[0] - west) / (east - west)) * size.width,
    y: size.height / 2 + (0.5 - (at[1] - south) / (north - south)) * size.width,
  };
}

/** @param {HTMLCanvasElement} canvas @param {PlaceMap} map @param {[number, number]} place */
function draw(canvas, map, place) {
  const ratio = Math.min(3, window.devicePixelRatio || 1);
  const size = { width: canvas.clientWidth, height: Math.round(canvas.clientWidth * HEIGHT) };
  canvas.width = Math.round(size.width * ratio);
  canvas.height = Math.round(size.height * ratio);
  const pen = canvas.getContext("2d");
  if (!pen || size.width === 0) return;
  pen.scale(ratio, ratio);
  const style = getComputedStyle(canvas);
  const color = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  pen.fillStyle = color("--raised");
  pen.fillRect(0, 0, size.width, size.height);
  pen.lineJoin = "round";
  for (const { kind, at } of [...map.lines].sort((a, b) => Number(a.kind === "area") - Number(b.kind === "area"))) {
    pen.beginPath();
    at.forEach((position, i) => { const { x, y } = onMap(map.bounds, position, size); if (i === 0) pen.moveTo(x, y); else pen.lineTo(x, y); });
    pen.lineWidth = kind === "area" ? 1 : 2;
    pen.strokeStyle = color(kind === "area" ? "--muted" : "--line");
    pen.stroke();
  }
  const dot = (/** @type {[number, number]} */ position, /** @type {number} */ radius, /** @type {string} */ tone) => {
    const { x, y } = onMap(map.bounds, position, size);
    pen.beginPath();
    pen.arc(x, y, radius, 0, Math.PI * 2);
    pen.fillStyle = color(tone);
    pen.fill();
    pen.lineWidth = 2;
    pen.strokeStyle = color("--raised");
    pen.stroke();
  };
  for (const { at } of map.sources) dot(at, 4, "--accent");
  dot(place, 8, "--danger");
  dot(place, 3, "--surface");
}

/**
 * @param {[number, number]} place longitude and latitude @param {string} name of what is there
 * @param {(source: string) => import("./types.js").Source | undefined} sourceOf
 */
export function placeMap(place, name, sourceOf) {
  const canvas = h("canvas", { class: "place-map", role: "img", "aria-label": t("map.words", { name }) });
  const legend = h("p", { class: "hint map-legend", role: "status" });
  let at = USUAL, asked = 0;
  /** @type {PlaceMap | null} */
  let map = null;
  const again = () => { if (map) draw(canvas, map, place); };
  const load = () => {
    asked += 1;
    const mine = asked;
    nearer.disabled = at === 0;
    farther.disabled = at === SPANS_M.length - 1;
    call("GET", withQuery("/v1/map", { lon: place[0], lat: place[1], span_m: SPANS_M[at] ?? null })).then((/** @type {PlaceMap} */ answer) => {
      if (mine !== asked) return;
      map = answer;
      again();
      const names = answer.sources.slice(0, 6).map((s) => said(sourceOf(s.source)?.label) || s.source);
      const rest = answer.sources.length - names.length;
      say(legend, names.length === 0 ? t("map.no-cameras") : t("map.cameras", { names: names.join(t("list.separator")) + (rest > 0 ? ` +${rest}` : "") }));
    }, (error) => { if (mine === asked) say(legend, t("map.failed", { why: error.words ?? String(error) })); });
  };
  const step = (/** @type {number} */ by) => { at = Math.min(SPANS_M.length - 1, Math.max(0, at + by)); load(); };
  const sized = (/** @type {string} */ sign, /** @type {string} */ words, /** @type {number} */ by) => h("button", { type: "button", class: "button icon-only", "aria-label": words, title: words, on: { click: () => step(by) } }, h("span", { "aria-hidden": "true" }, sign));
  const nearer = sized("+", t("map.nearer"), -1), farther = sized("−", t("map.farther"), 1);
  const element = h("figure", { class: "place" }, h("div", { class: "place-box" }, canvas, h("div", { class: "place-tools" }, nearer, farther)), h("figcaption", null, legend));
  const sizes = new ResizeObserver(again);
  sizes.observe(canvas);
  const theme = new MutationObserver(again);
  theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  load();
  return { element, stop: () => { asked += 1; sizes.disconnect(); theme.disconnect(); } };
}
