// @ts-check
// The five states of an event and the steps between them.
import { locale } from "./i18n.js";
/** @typedef {import("./types.js").EventLine} EventLine */

export const EVENT_STATES = /** @type {const} */ (["reported", "verified", "dispatched", "handled", "closed"]);

/** The states an event may go to: one ahead, or from anywhere but the end to closed. @param {string} state @returns {string[]} */
export function stepsFrom(state) {
  const at = EVENT_STATES.indexOf(/** @type {typeof EVENT_STATES[number]} */ (state));
  const next = EVENT_STATES[at + 1];
  if (at < 0 || !next) return [];
  return next === "closed" ? ["closed"] : [next, "closed"];
}

/** What an event is called in the operator's language; one that has no second title has one for all. @param {EventLine} event */
export const titleOf = (event) => (locale() === "en" && event.title_en ? event.title_en : event.title);

/** Columns by state, most urgent first; closed ones newest first. @param {readonly EventLine[]} events @returns {Record<string, EventLine[]>} */
export function columns(events) {
  /** @type {Record<string, EventLine[]>} */
  const board = {};
  for (const state of EVENT_STATES) {
    const items = events.filter((e) => e.state === state);
    board[state] = items.sort(state === "closed" ? (a, b) => b.reported - a.reported : (a, b) => a.due - b.due || b.severity - a.severity);
  }
  return board;
}

/** Longitude and latitude as somebody writes them, in degrees: null for nothing, undefined for what is no place on earth. @param {string} text @returns {[number, number] | null | undefined} */
export function lonLatOf(text) {
  if (text.trim() === "") return null;
  const parts = text.trim().split(/\s*[,，;；\s]\s*/);
  const [lon, lat] = parts.map(Number);
  if (parts.length !== 2 || parts.includes("") || lon === undefined || lat === undefined || !(Math.abs(lon) <= 180) || !(Math.abs(lat) <= 90)) return undefined;
  return [lon, lat];
}
