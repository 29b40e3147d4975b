// @ts-check
// Figures over time, and where their lines run: no DOM.
/** @typedef {{ t: number, v: number | null }} Point time in ms, value or a gap */

/** A list that forgets what is older than a span. */
export class Series {
  /** @param {number} span_ms */
  constructor(span_ms) {
    this.span_ms = span_ms;
    /** @type {Point[]} */
    this.points = [];
  }
  /** @param {number} t @param {number | null} v */
  add(t, v) {
    this.points.push({ t, v });
    const first = this.points.findIndex((p) => p.t >= t - this.span_ms);
    if (first > 0) this.points.splice(0, first);
  }
  get last() { return this.points[this.points.length - 1]?.v ?? null; }
}

/** Series by name as text. @param {Map<string, Series>} all */
export const packed = (all) => JSON.stringify([...all].map(([name, series]) => [name, series.points]));

/** Puts back what was packed, without what is older than the span; text that is something else puts back nothing. @param {Map<string, Series>} into @param {string | null} text @param {number} span_ms @param {number} now_ms */
export function unpack(into, text, span_ms, now_ms) {
  /** @type {unknown} */
  let rows = null;
  try { rows = JSON.parse(text ?? "null"); } catch { return; }
  if (!Array.isArray(rows)) return;
  for (const row of rows) {
    if (!Array.isArray(row) || typeof row[0] !== "string" || !Array.isArray(row[1])) continue;
    const series = new Series(span_ms);
    for (const point of row[1]) {
      const t = point?.t, v = point?.v;
      if (typeof t === "number" && t >= now_ms - span_ms && t <= now_ms && (v === null || typeof v === "number")) series.add(t, v);
    }
    if (series.points.length > 0) into.set(row[0], series);
  }
}

/** A round number not below the value: 1, 2 or 5 times a power of ten. @param {number} value */
export function roundUp(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 5].find((step) => step * power >= value * 0.999999) ?? 10);
}

/**
 * The `d` of an SVG path; gaps stay gaps.
 * @param {readonly Point[]} points @param {{ from: number, to: number, top: number }} axis @param {{ width: number, height: number }} box
 */
export function pathOf(points, axis, box) {
  let d = "", pen = false;
  for (const { t, v } of points) {
    if (v === null) { pen = false; continue; }
    const x = ((t - axis.from) / Math.max(1, axis.to - axis.from)) * box.width;
    const y = box.height - Math.min(1, Math.max(0, v / axis.top)) * box.height;
    d += `${pen ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = true;
  }
  return d;
}
