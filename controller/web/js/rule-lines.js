// @ts-check
// What is done with a line of the rules page: no DOM.
import { seg } from "./api.js";
/** @typedef {"rules" | "schedules" | "tours"} Paused */

/** Rules and schedules stand in one list and count apart. @param {import("./types.js").RuleLine} line @returns {Paused} */
export const kindOf = (line) => (line.kind === "schedule" ? "schedules" : "rules");

/** What lets it rest, or work again where it is paused. @param {Paused} what @param {string} id @param {boolean} paused */
export const turnPath = (what, id, paused) => `/v1/${what}/${seg(id)}/${paused ? "resume" : "pause"}`;
