// @ts-check
// Still pictures of sources and scenes; where there is none, the sketch under it stays.
import { background } from "../api.js";
import { h } from "../dom.js";

/** A picture that was not there is not asked for again for so long: a camera that has just been connected has none yet. */
const REST_MS = 15e3;
const RENEW_MS = 6000;
const WIDTH_PX = 320;
/** Pictures asked for at the same time. */
const AT_ONCE = 4;
/** @type {Map<string, number>} */
const missing = new Map();
/** How many were not there in a row, of sources and of scenes: a controller without such pictures is not asked for each. */
const kinds = { source: { refusals: 0, restUntil: 0 }, scene: { refusals: 0, restUntil: 0 } };
let asking = 0;
/** @type {(() => void)[]} */
const queue = [];

/** @param {() => Promise<void>} work */
function inTurn(work) {
  const run = () => { asking += 1; void work().finally(() => { asking -= 1; queue.shift()?.(); }); };
  if (asking < AT_ONCE) run(); else queue.push(run);
}

const seen = typeof IntersectionObserver === "undefined" ? null : new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) target.classList.toggle("in-view", isIntersecting);
});

/** @param {string} path @returns {HTMLImageElement} */
export function thumb(path) {
  const image = h("img", { class: "thumb", alt: "", decoding: "async", "aria-hidden": "true", draggable: "false" });
  image.style.setProperty("visibility", "hidden");
  const kind = path.includes("/scenes/") ? kinds.scene : kinds.source;
  let url = "";
  const load = async () => {
    const now = Date.now();
    if (!image.isConnected || !image.classList.contains("in-view") || now < kind.restUntil || now < (missing.get(path) ?? 0)) return;
    try {
      const answer = await fetch(`${path}?width=${WIDTH_PX}`, { credentials: "same-origin", cache: "no-store", headers: background("GET") });
      if (!answer.ok) throw new Error(String(answer.status));
      const next = URL.createObjectURL(await answer.blob());
      image.src = next;
      image.style.setProperty("visibility", "visible");
      if (url) URL.revokeObjectURL(url);
      url = next;
      kind.refusals = 0;
    } catch {
      image.style.setProperty("visibility", "hidden");
      missing.set(path, now + REST_MS);
      kind.refusals += 1;
      if (kind.refusals >= 8) { kind.restUntil = now + REST_MS; kind.refusals = 0; }
    }
  };
  seen?.observe(image);
  const timer = window.setInterval(() => {
    if (!image.isConnected) { clearInterval(timer); seen?.unobserve(image); if (url) URL.revokeObjectURL(url); return; }
    if (!document.hidden) inTurn(load);
  }, RENEW_MS);
  setTimeout(() => inTurn(load), 150);
  return image;
}
