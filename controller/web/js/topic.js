// @ts-check
// A piece of what the controller knows, asked for again when it changes, for as long as somebody looks.
import { Refused } from "./api.js";

/** @template T */
export class Topic {
  /**
   * @param {() => Promise<T>} load
   * @param {{ every_ms?: number }} [options] asks again this often while somebody looks, for what no news speaks of
   */
  constructor(load, options = {}) {
    this.load = load;
    this.every_ms = options.every_ms ?? 0;
    /** @type {T | null} */
    this.value = null;
    /** @type {Refused | null} */
    this.fault = null;
    /** @type {Set<() => void>} */
    this.looking = new Set();
    this.timer = 0;
    this.asking = false;
    this.again = false;
    this.soon = 0;
    this.turn = 0;
  }
  /** @param {() => void} told @returns {() => void} to look away */
  look(told) {
    this.looking.add(told);
    if (this.value !== null || this.fault !== null) told();
    void this.refresh();
    return () => {
      this.looking.delete(told);
      if (this.looking.size === 0) clearTimeout(this.timer);
    };
  }
  /** Something has changed: asks soon, once for a burst. */
  stale() {
    if (this.looking.size === 0 || this.soon) return;
    this.soon = window.setTimeout(() => { this.soon = 0; void this.refresh(); }, 40);
  }
  async refresh() {
    if (this.asking) { this.again = true; return; }
    this.asking = true;
    const turn = this.turn;
    clearTimeout(this.timer);
    try {
      const value = await this.load();
      if (turn === this.turn) { this.value = value; this.fault = null; }
    } catch (error) {
      if (turn === this.turn) this.fault = error instanceof Refused ? error : new Refused(0, "offline", String(error));
    }
    this.asking = false;
    if (turn === this.turn) this.tell();
    if (this.again) { this.again = false; void this.refresh(); return; }
    // What failed is asked for again slowly, so that a page heals by itself.
    const pause = this.fault ? Math.max(4000, this.every_ms) : this.every_ms;
    if (this.looking.size > 0 && pause > 0) this.timer = window.setTimeout(() => { void this.refresh(); }, document.hidden ? pause * 4 : pause);
  }
  tell() { for (const told of [...this.looking]) told(); }
  /** Forgets what it knows, for another user. */
  forget() { this.value = null; this.fault = null; this.turn += 1; clearTimeout(this.timer); }
}
