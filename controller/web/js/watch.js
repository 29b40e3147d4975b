// @ts-check
// The controller's news over one WebSocket, resumed by revision, with backoff. Also used for the live picture.
import { call } from "./api.js";
import { waitMs } from "./backoff.js";

/** How the controller closes a connection whose session has ended or is locked. */
const SESSION_OVER = 4401;

/** A WebSocket that comes back by itself. */
export class Line {
  /**
   * @param {() => string} path asked anew at each attempt
   * @param {{ open?: () => void, over?: () => void, text?: (text: string) => void, bytes?: (bytes: ArrayBuffer) => void, state?: (up: boolean) => void }} told
   */
  constructor(path, told) {
    this.path = path;
    this.told = told;
    this.attempt = 0;
    this.wanted = false;
    this.up = false;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.timer = 0;
  }
  start() { if (!this.wanted) { this.wanted = true; this.dial(); } }
  stop() {
    this.wanted = false;
    clearTimeout(this.timer);
    this.socket?.close();
    this.socket = null;
  }
  dial() {
    if (!this.wanted) return;
    const url = new URL(this.path(), location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => { this.attempt = 0; this.turn(true); this.told.open?.(); };
    socket.onmessage = (event) => {
      if (typeof event.data === "string") this.told.text?.(event.data);
      else this.told.bytes?.(event.data);
    };
    socket.onclose = (event) => {
      if (event.code === SESSION_OVER) this.told.over?.();
      if (this.socket !== socket) return;
      this.socket = null;
      this.turn(false);
      if (!this.wanted) return;
      this.timer = window.setTimeout(() => this.dial(), waitMs(this.attempt, Math.random()));
      this.attempt += 1;
    };
  }
  /** @param {boolean} up */
  turn(up) { if (up !== this.up) { this.up = up; this.told.state?.(up); } }
  /** @param {unknown} value */
  say(value) { if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(value)); }
}

/** @typedef {{ revision?: number, what: string, [key: string]: unknown }} News */

/** What changes in the hall. Events: `news` (detail: News), `line` (detail: whether it stands). */
export class Watch extends EventTarget {
  constructor() {
    super();
    this.revision = 0;
    this.page = "";
    /** By which this page knows its own hand again. */
    this.mark = Math.random().toString(36).slice(2);
    this.once = false;
    this.line = new Line(() => (this.revision > 0 ? `/v1/watch?after=${this.revision}` : "/v1/watch"), {
      open: () => {
        this.line.say({ page: this.page });
        // Whatever was missed while away is asked for again; the first time everything is being asked for anyway.
        if (this.once) this.tell({ what: "everything" });
        this.once = true;
      },
      text: (text) => {
        /** @type {any} */
        let news;
        try { news = JSON.parse(text); } catch { return; }
        if (typeof news?.what !== "string") return;
        if (typeof news.revision === "number") this.revision = Math.max(this.revision, news.revision);
        this.tell(news);
      },
      // Asking for the session says whether it is locked or over, and the page follows.
      over: () => { call("GET", "/v1/session").catch(() => undefined); },
      state: (up) => this.dispatchEvent(new CustomEvent("line", { detail: up })),
    });
  }
  get up() { return this.line.up; }
  start() { this.line.start(); }
  stop() { this.line.stop(); this.revision = 0; this.once = false; }
  /** @param {string} page */
  at(page) { this.page = page; this.line.say({ page }); }
  /** Which windows of the wall are in this person's hand, for others who are at it. @param {string} wall @param {string} scene @param {readonly string[]} windows */
  hold(wall, scene, windows) { this.line.say({ hand: { mark: this.mark, wall, scene, windows: windows.slice(0, 16) } }); }
  /** @param {News} news */
  tell(news) { this.dispatchEvent(new CustomEvent("news", { detail: news })); }
}
