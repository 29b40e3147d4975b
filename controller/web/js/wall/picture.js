// @ts-check
// The live picture of a wall: H.264 of each screen over one WebSocket where the browser decodes it, else JPEGs, drawn where the screen hangs.
import { Line } from "../watch.js";
import { seg } from "../api.js";
import { Films, canFilm } from "./film.js";
/** @typedef {import("../types.js").Rect} Rect */
/** @typedef {{ screen: string, rect: Rect, captured_ms: number, sent_ms: number, tick: number, format: "jpeg" | "h264", key?: boolean }} Header */

/** After so long without a picture the console says so. */
const STALE_MS = 2000;
/** Longest header taken. */
const HEADER_MAX = 4096;

/** Takes a message apart. @param {ArrayBuffer} bytes @returns {{ header: Header, coded: Uint8Array<ArrayBuffer> } | null} */
export function parsePicture(bytes) {
  if (bytes.byteLength < 5) return null;
  const length = new DataView(bytes).getUint32(0);
  if (length > HEADER_MAX || 4 + length >= bytes.byteLength) return null;
  /** @type {any} */
  let header;
  try { header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(bytes, 4, length))); } catch { return null; }
  const rect = header?.rect;
  const good = typeof header?.screen === "string" && rect && [rect.x, rect.y, rect.width, rect.height].every(Number.isFinite) && rect.width > 0 && rect.height > 0;
  const known = header?.format === "jpeg" || (header?.format === "h264" && typeof header.key === "boolean");
  return good && known ? { header, coded: new Uint8Array(bytes, 4 + length) } : null;
}

/** Events: `state` when it begins, ends, or ages. */
export class Picture extends EventTarget {
  /** @param {HTMLCanvasElement} canvas @param {import("../types.js").Wall} wall */
  constructor(canvas, wall) {
    super();
    this.canvas = canvas;
    this.size = wall.canvas;
    this.pen = canvas.getContext("2d", { alpha: true, desynchronized: true });
    /** @type {Map<string, { bitmap: ImageBitmap | VideoFrame, rect: Rect, tick: number }>} */
    this.screens = new Map();
    this.films = new Films((frame, header) => this.show(frame, header), () => this.still());
    /** Whether H.264 is asked for. */
    this.filming = false;
    this.running = false;
    /** @type {Map<string, { header: Header, coded: Uint8Array<ArrayBuffer> } | null>} newest undrawn JPEG of each screen that is being decoded */
    this.waiting = new Map();
    /** @type {number[]} ages when drawn, in ms, of the last pictures */
    this.ages = [];
    this.drawn = 0;
    this.last_ms = 0;
    this.fps = 0;
    this.line = new Line(() => `/v1/walls/${seg(wall.wall)}/preview${this.filming ? "?format=h264" : ""}`, { bytes: (bytes) => this.take(bytes), state: () => this.tick() });
    this.timer = 0;
  }
  start() {
    this.running = true;
    void canFilm().then((can) => { this.filming = can; if (this.running) this.line.start(); });
    let before = 0;
    this.timer = window.setInterval(() => { this.fps = this.drawn - before; before = this.drawn; this.tick(); }, 1000);
  }
  stop() {
    this.running = false;
    this.line.stop();
    this.films.stop();
    clearInterval(this.timer);
    for (const { bitmap } of this.screens.values()) bitmap.close();
    this.screens.clear();
  }
  /** This browser cannot show the films after all. */
  still() {
    this.filming = false;
    if (!this.running) return;
    this.line.stop();
    this.line.start();
  }
  /** Milliseconds since a picture was drawn; null before the first. */
  get silent_ms() { return this.last_ms === 0 ? null : performance.now() - this.last_ms; }
  get live() { const silent = this.silent_ms; return silent !== null && silent < STALE_MS; }
  /** Half of the last pictures were younger than this when drawn, if this machine's clock agrees with the wall's. */
  get age_ms() {
    const sorted = [...this.ages].sort((a, b) => a - b);
    return sorted.length ? sorted[Math.floor((sorted.length - 1) / 2)] ?? null : null;
  }
  tick() {
    this.canvas.dataset["drawn"] = String(this.drawn);
    this.canvas.dataset["age"] = String(Math.round(this.age_ms ?? -1));
    this.dispatchEvent(new Event("state"));
  }
  /** @param {ArrayBuffer} bytes */
  take(bytes) {
    const picture = parsePicture(bytes);
    if (!picture) return;
    const { header, header: { screen } } = picture;
    this.canvas.dataset["format"] = header.format;
    if (header.format === "h264") { this.films.take(screen, header.key === true, picture.coded, header); return; }
    // A decoder that falls behind takes the newest and lets the others go.
    if (this.waiting.has(screen)) { this.waiting.set(screen, picture); return; }
    this.waiting.set(screen, null);
    void this.draw(picture);
  }
  /** @param {{ header: Header, coded: Uint8Array<ArrayBuffer> }} picture a JPEG */
  async draw(picture) {
    const { header, coded } = picture;
    try {
      this.show(await createImageBitmap(new Blob([coded], { type: "image/jpeg" })), header);
    } catch {
      // A picture that cannot be decoded is left out; the next one comes in a moment.
    }
    const next = this.waiting.get(header.screen);
    if (next) { this.waiting.set(header.screen, null); void this.draw(next); } else this.waiting.delete(header.screen);
  }
  /** @param {ImageBitmap | VideoFrame} bitmap @param {Header} header */
  show(bitmap, header) {
    if (!this.running) { bitmap.close(); return; }
    this.screens.get(header.screen)?.bitmap.close();
    this.screens.set(header.screen, { bitmap, rect: header.rect, tick: header.tick });
    this.paint(header.screen);
    const first = this.last_ms === 0;
    this.drawn += 1;
    this.last_ms = performance.now();
    this.ages.push(Date.now() - header.captured_ms);
    if (this.ages.length > 200) this.ages.shift();
    if (first) this.tick();
  }
  /** @param {string} screen */
  paint(screen) {
    const held = this.screens.get(screen);
    if (!held || !this.pen) return;
    const sx = this.canvas.width / this.size.width, sy = this.canvas.height / this.size.height;
    const { x, y, width, height } = held.rect;
    this.pen.drawImage(held.bitmap, x * sx, y * sy, width * sx, height * sy);
  }
  /** @param {number} width @param {number} height in CSS pixels */
  resize(width, height) {
    const ratio = window.devicePixelRatio || 1;
    const w = Math.max(1, Math.min(this.size.width, Math.round(width * ratio))), h = Math.max(1, Math.min(this.size.height, Math.round(height * ratio)));
    if (this.canvas.width === w && this.canvas.height === h) return;
    this.canvas.width = w;
    this.canvas.height = h;
    for (const screen of this.screens.keys()) this.paint(screen);
  }
}
