// @ts-check
// Lines over time as SVG, with their scale in words and the newest figure beside the name.
import { fill, h, say, svg } from "./dom.js";
import { timeOfDay } from "./format.js";
import { hall } from "./hall.js";
import { t } from "./i18n.js";
import { pathOf, roundUp } from "./series.js";
/** @typedef {import("./series.js").Series} Series */
/** @typedef {{ name: string, series: Series }} Row */

const BOX = { width: 600, height: 120 };
const LEAST_SPAN_MS = 60e3;

/**
 * @param {string} title @param {(value: number) => string} words how a value is written
 * @param {number | null} [bar] a value that should not be exceeded
 */
export function lineChart(title, words, bar = null) {
  const plot = svg("svg", { class: "plot", viewBox: `0 0 ${BOX.width} ${BOX.height}`, preserveAspectRatio: "none", role: "img" });
  const top = h("span", { class: "axis high" }), from = h("span", { class: "axis from" }), to = h("span", { class: "axis to" });
  const legend = h("ul", { class: "legend" });
  const element = h("figure", { class: "chart" }, h("figcaption", null, h("h3", null, title), legend), h("div", { class: "plot-box" }, plot, top, h("span", { class: "axis zero" }, "0"), from, to));
  /** @param {readonly Row[]} rows @param {number} now_ms */
  const draw = (rows, now_ms) => {
    const firsts = rows.map((r) => r.series.points[0]?.t ?? now_ms);
    const begin = Math.min(now_ms - LEAST_SPAN_MS, ...firsts);
    const most = Math.max(0, ...rows.flatMap((r) => r.series.points.map((p) => p.v ?? 0)));
    const axis = { from: begin, to: now_ms, top: roundUp(most * 1.05) };
    const grid = [0, 0.5, 1].map((part) => svg("line", { class: "grid", x1: 0, x2: BOX.width, y1: BOX.height * part, y2: BOX.height * part, "vector-effect": "non-scaling-stroke" }));
    // The bar is drawn once the figures come near it; from afar it would press them flat.
    const limit = bar === null || bar > axis.top ? null : svg("line", { class: "limit", x1: 0, x2: BOX.width, y1: BOX.height * (1 - bar / axis.top), y2: BOX.height * (1 - bar / axis.top), "vector-effect": "non-scaling-stroke" });
    fill(plot, ...grid, limit, ...rows.map((row, i) => svg("path", { class: `series s${i % 6}`, d: pathOf(row.series.points, axis, BOX), "vector-effect": "non-scaling-stroke" })));
    const newest = rows.map((r) => `${r.name} ${r.series.last === null ? "–" : words(r.series.last)}`).join(t("list.separator"));
    plot.setAttribute("aria-label", t("chart.words", { title, newest }));
    fill(legend, ...rows.map((row, i) => h("li", null, h("span", { class: `swatch s${i % 6}`, "aria-hidden": "true" }), h("span", null, row.name), h("strong", null, row.series.last === null ? "–" : words(row.series.last)))));
    say(top, words(axis.top));
    say(from, timeOfDay(begin * 1e6, hall.utc_offset_s));
    say(to, timeOfDay(now_ms * 1e6, hall.utc_offset_s));
  };
  return { element, draw };
}

/** Parts of a whole as one bar with a legend of words. @param {readonly { name: string, n: number, tone: string }[]} parts */
export function partBar(parts) {
  const sum = parts.reduce((all, p) => all + p.n, 0);
  return h("div", { class: "parts" },
    h("div", { class: "part-bar", "aria-hidden": "true" }, ...parts.filter((p) => p.n > 0).map((p) => h("span", { class: `part ${p.tone}`, style: { "flex-grow": String(p.n / Math.max(1, sum)) } }))),
    h("ul", { class: "part-legend" }, ...parts.map((p) => h("li", null, h("span", { class: `dot ${p.tone}`, "aria-hidden": "true" }), h("span", null, p.name), h("strong", null, String(p.n))))));
}
