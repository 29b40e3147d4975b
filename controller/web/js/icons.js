// @ts-check
// Line signs on a 24 px grid, drawn with the letters' colour.
import { svg } from "./dom.js";

const PATHS = {
  wall: "M3 5h18v12H3zM12 5v12M3 11h18M8 21h8",
  camera: "M3 7h11v10H3zM14 11l7-3v8l-7-3",
  events: "M4 4h5v16H4zM15 4h5v9h-5zM9.500 4h5v12h-5z",
  health: "M3 12h4l3-7 4 14 3-7h4",
  rules: "M5 4v6M5 14v6M12 4v10M12 18v2M19 4v2M19 10v10M3 12h4M10 16h4M17 8h4",
  audit: "M6 3h9l4 4v14H6zM14 3v5h5M9 13h7M9 17h5",
  users: "M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM2 21c0-4 3-6 7-6s7 2 7 6M16 4a4 4 0 0 1 0 7M18 15c3 1 4 3 4 6",
  bell: "M6 10a6 6 0 0 1 12 0c0 6 2 7 2 7H4s2-1 2-7M10 21h4",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.500 1.500M17.500 17.500L19 19M5 19l1.500-1.500M17.500 6.500L19 5",
  moon: "M20 14A8 8 0 1 1 10 4a7 7 0 0 0 10 10z",
  lock: "M6 11h12v10H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3",
  unlock: "M6 11h12v10H6zM8.500 11V7a3.500 3.500 0 0 1 6.800-1",
  out: "M10 4H4v16h6M9 12h12M17 8l4 4-4 4",
  undo: "M8 5L4 9l4 4M4 9h10a6 6 0 0 1 0 12H9",
  redo: "M16 5l4 4-4 4M20 9H10a6 6 0 0 0 0 12h5",
  play: "M7 4l13 8-13 8z",
  pause: "M7 4v16M17 4v16",
  full: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  crop: "M7 2v15h15M2 7h15v15",
  swap: "M4 8h15M15 4l4 4-4 4M20 16H5M9 12l-4 4 4 4",
  raise: "M12 20V5M6 11l6-6 6 6",
  lower: "M12 4v15M6 13l6 6 6-6",
  close: "M5 5l14 14M19 5L5 19",
  plus: "M12 4v16M4 12h16",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5",
  right: "M9 5l7 7-7 7",
  down: "M5 9l7 7 7-7",
  check: "M4 12l6 6L20 6",
  alert: "M12 3L2 20h20zM12 10v5M12 17.500v.500",
  pin: "M12 22s7-7 7-13a7 7 0 0 0-14 0c0 6 7 13 7 13zM12 7a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
  take: "M4 12h13M12 6l6 6-6 6M21 4v16",
  keys: "M2 6h20v12H2zM6 10h.500M10 10h.500M14 10h.500M18 10h.500M7 14h10",
  tag: "M3 3h9l9 9-9 9-9-9zM7.500 7.500h.500",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c0-4 3-7 8-7s8 3 8 7",
  language: "M3 6h10M8 3v3M11 6c-1 5-4 8-8 9M5 9c1 3 4 5 7 6M13 21l4-10 4 10M14.500 18h5",
  tray: "M3 4h18v16H3zM9 4v16",
  edit: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
  reset: "M4 12a8 8 0 1 0 3-6M4 4v5h5",
  lost: "M5 5l14 14M19 5L5 19",
  enlarge: "M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7",
};
/** @typedef {keyof typeof PATHS} Icon */

/** @param {Icon} name @param {string} [extra] */
export const icon = (name, extra = "") =>
  svg("svg", { class: `icon ${extra}`, viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" }, svg("path", { d: PATHS[name] }));
