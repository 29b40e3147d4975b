// @ts-check
// Times and figures as people read them. Times are nanoseconds since 1970, as the controller counts.

/** @param {number} n */
const two = (n) => String(n).padStart(2, "0");

/** `14:03:07`, the hall's time of day. @param {number} ns @param {number} offset_s the hall's time minus UTC */
export function timeOfDay(ns, offset_s) {
  const s = (((Math.floor(ns / 1e9) + offset_s) % 86400) + 86400) % 86400;
  return `${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

/** `2026-11-23 14:03:07`. @param {number} ns @param {number} offset_s */
export function dateTime(ns, offset_s) {
  const day = new Date(Math.floor(ns / 1e6) + offset_s * 1000);
  return `${day.getUTCFullYear()}-${two(day.getUTCMonth() + 1)}-${two(day.getUTCDate())} ${timeOfDay(ns, offset_s)}`;
}

/** `02:10`, `1:02:10`. @param {number} seconds */
export function clock(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
  return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${two(m)}:${two(s % 60)}`;
}

/** Parts of an age for words: the unit and the figure. @param {number} ms @returns {{ unit: "ms" | "s" | "min" | "h" | "d", n: number }} */
export function age(ms) {
  if (ms < 1000) return { unit: "ms", n: Math.max(0, Math.round(ms)) };
  if (ms < 60e3) return { unit: "s", n: Math.floor(ms / 1e3) };
  if (ms < 3600e3) return { unit: "min", n: Math.floor(ms / 60e3) };
  if (ms < 86400e3) return { unit: "h", n: Math.floor(ms / 3600e3) };
  return { unit: "d", n: Math.floor(ms / 86400e3) };
}

/**
 * An event against its due clock: ok below 70 per cent, warn until it is due, danger after.
 * @param {number} reported @param {number} due @param {number} now @returns {{ part: number, tone: "ok" | "warn" | "danger", left_s: number }}
 */
export function dueState(reported, due, now) {
  const part = due > reported ? (now - reported) / (due - reported) : 1;
  const tone = part < 0.7 ? "ok" : part < 1 ? "warn" : "danger";
  return { part: Math.max(0, part), tone, left_s: (due - now) / 1e9 };
}

/** Microseconds with three digits and their unit. @param {number} us */
export function micros(us) {
  const abs = Math.abs(us);
  if (abs < 1000) return `${Math.round(us)} µs`;
  if (abs < 10e3) return `${(us / 1e3).toFixed(2)} ms`;
  if (abs < 1e6) return `${(us / 1e3).toFixed(1)} ms`;
  return `${(us / 1e6).toFixed(2)} s`;
}

/** `12,345`. @param {number} n */
export const grouped = (n) => String(Math.round(n)).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
