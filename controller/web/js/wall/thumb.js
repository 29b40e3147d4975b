// @ts-check
// Still pictures of sources and scenes; where there is none, the sketch under it stays.
import { h } from "../dom.js";

/** A picture that was not there is not asked for again for so long. */
const REST_MS = 60e3;
const RENEW_MS = 5000;
/** @type {Map<string, number>} */
const missing = new Map();
/** How many were not there in a row: a controller without such pictures is not asked for each source. */
let refusals = 0;
let restUntil = 0;

/** @param {string} path @returns {HTMLImageElement} */
export function thumb(path) {
  const image = h("img", { class: "thumb", alt: "", decoding: "async", loading: "lazy", hidden: true });
  const load = () => {
    const now = Date.now();
    if (now < restUntil || now < (missing.get(path) ?? 0)) return;
    image.src = `${path}?at=${Math.floor(now / RENEW_MS)}`;
  };
  image.addEventListener("load", () => { refusals = 0; image.hidden = false; });
  image.addEventListener("error", () => {
    image.hidden = true;
    missing.set(path, Date.now() + REST_MS);
    refusals += 1;
    if (refusals >= 3) { restUntil = Date.now() + REST_MS; refusals = 0; }
  });
  load();
  const timer = window.setInterval(() => {
    if (!image.isConnected) { clearInterval(timer); return; }
    if (!document.hidden) load();
  }, RENEW_MS);
  return image;
}
