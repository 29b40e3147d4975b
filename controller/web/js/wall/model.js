// @ts-check
// One wall as its console edits it: what is on air, what is staged, and the acts that are under way.
import { Refused, call, seg, withQuery } from "../api.js";
import { applied } from "../edits.js";
/** @typedef {import("../types.js").Of} Of */
/** @typedef {import("../types.js").Windows} Windows */
/** @typedef {import("../types.js").WallWindow} WallWindow */
/** @typedef {import("../edits.js").Edit} Edit */

/** Events: `change` after anything that is to be drawn anew, `refused` (detail: { error, again, words? }): what could be done about it. */
export class WallModel extends EventTarget {
  /** @param {import("../types.js").Wall} wall */
  constructor(wall) {
    super();
    this.wall = wall;
    /** @type {Record<Of, Windows | null>} as the controller says */
    this.known = { air: null, stage: null };
    /** @type {Record<Of, Edit[]>} acts whose answers are awaited */
    this.pending = { air: [], stage: [] };
    /** @type {Map<string, WallWindow[]>} windows of scenes that were seen, for their sketches */
    this.seen = new Map();
    /** @type {Promise<unknown>} acts go one after the other, each upon the revision that the one before gave */
    this.chain = Promise.resolve();
    this.gone = false;
  }
  get path() { return `/v1/walls/${seg(this.wall.wall)}`; }

  /** What is to be drawn: the controller's word with the acts under way. @param {Of} of @returns {WallWindow[]} */
  windows(of) {
    const base = this.known[of]?.windows ?? [];
    return this.pending[of].reduce((windows, edit) => applied(windows, edit, this.wall), base);
  }
  tell() { if (!this.gone) this.dispatchEvent(new Event("change")); }

  /** @param {Of} of @param {unknown} answer @returns {boolean} */
  take_in(of, answer) {
    const windows = /** @type {Partial<Windows> | null} */ (answer);
    if (!windows || !Array.isArray(windows.windows) || typeof windows.revision !== "number") return false;
    const known = this.known[of];
    // An answer that was overtaken by a newer one says nothing new.
    if (known && windows.revision < known.revision) return true;
    this.known[of] = { revision: windows.revision, scene: windows.scene ?? known?.scene ?? null, edited: windows.edited ?? false, undo: windows.undo ?? 0, redo: windows.redo ?? 0, windows: windows.windows };
    const scene = this.known[of]?.scene;
    if (scene) this.seen.set(scene, windows.windows);
    return true;
  }
  /** @param {Of} of */
  async refresh(of) {
    if (of === "stage" && !this.wall.staged) { this.known.stage = null; this.tell(); return; }
    try {
      this.take_in(of, await call("GET", withQuery(`${this.path}/windows`, { of })));
    } catch (error) {
      // Nothing is staged: that is an answer, too.
      if (of === "stage" && error instanceof Refused && (error.status === 404 || error.code === "nothing_staged")) this.known.stage = null;
      else if (!(error instanceof Refused && error.status === 0)) this.refuse(error, null);
    }
    this.tell();
  }
  async refreshAll() { await Promise.all([this.refresh("air"), this.refresh("stage")]); }
  /** The wall's line has changed. @param {import("../types.js").Wall} wall */
  renew(wall) {
    // The wall's number is the newest of both sides: what this console did itself is known already.
    const newest = Math.max(this.known.air?.revision ?? 0, this.known.stage?.revision ?? 0);
    const moved = wall.revision > newest || wall.on_air !== this.wall.on_air || (wall.staged ?? null) !== (this.known.stage?.scene ?? null) || wall.covered_by !== this.wall.covered_by;
    this.wall = wall;
    if (moved) void this.refreshAll(); else this.tell();
  }
  /** @param {unknown} error @param {(() => void) | null} again */
  refuse(error, again) { if (!this.gone) this.dispatchEvent(new CustomEvent("refused", { detail: { error, again } })); }

  /** Does something at once on the page and then at the controller. @param {Of} of @param {Edit} edit @returns {Promise<boolean>} */
  edit(of, edit) { return this.edits(of, [edit]); }
  /** @param {Of} of @param {Edit[]} edits @param {string} [remedy] what may be done besides, as a refusal has offered it @returns {Promise<boolean>} */
  edits(of, edits, remedy) {
    this.pending[of].push(...edits);
    this.tell();
    const act = this.chain.then(async () => {
      try {
        const answer = edits.length === 1 && edits[0] && !remedy ? await this.send(of, edits[0]) : await this.sendAll(of, edits, remedy);
        if (!this.take_in(of, answer)) this.take_in(of, await call("GET", withQuery(`${this.path}/windows`, { of })));
        return true;
      } catch (error) {
        const conflict = error instanceof Refused && error.code === "conflict";
        if (conflict) { const body = error.body; if (!this.take_in(of, body["current"] ?? body)) await this.refresh(of); }
        const offered = remedyOf(error);
        this.refuse(error, offered ? () => { void this.edits(of, edits, offered.remedy); } : conflict ? () => { void this.edits(of, edits); } : null);
        return false;
      } finally {
        this.pending[of] = this.pending[of].filter((e) => !edits.includes(e));
        this.tell();
      }
    });
    this.chain = act;
    return act;
  }
  /** @param {Of} of @param {Edit} edit */
  send(of, edit) {
    const base = { of, base_revision: this.known[of]?.revision ?? 0 };
    switch (edit.do) {
      case "open": return call("POST", `${this.path}/windows`, { ...base, source: edit.source, rect: edit.rect });
      case "close": return call("DELETE", withQuery(`${this.path}/windows/${seg(edit.window)}`, base));
      case "swap": return call("POST", `${this.path}/swap`, { ...base, a: edit.a, b: edit.b });
      case "patch": {
        const { do: _, window, label: __, ...change } = edit;
        return call("PATCH", `${this.path}/windows/${seg(window)}`, { ...base, ...change });
      }
    }
  }
  /** Several acts as one step. @param {Of} of @param {Edit[]} edits @param {string} [remedy] */
  sendAll(of, edits, remedy) {
    const changes = edits.map((edit) => {
      if (edit.do === "open") return { do: "open", source: edit.source, rect: edit.rect, ...(edit.small_stream ? { small_stream: true } : {}) };
      if (edit.do !== "patch") return edit;
      const { label: _, ...change } = edit;
      return { ...change, do: "change" };
    });
    return call("POST", `${this.path}/changes`, { of, base_revision: this.known[of]?.revision ?? 0, changes, ...(remedy ? { remedy } : {}) });
  }

  /** An act on the whole wall. @param {"undo" | "redo" | "reset" | "stage" | "take"} act @param {Record<string, unknown>} [body] @returns {Promise<boolean>} */
  act(act, body) {
    const done = this.chain.then(async () => {
      try {
        const answer = await call("POST", `${this.path}/${act}`, body ?? {});
        const of = act === "stage" ? "stage" : act === "take" ? "air" : /** @type {Of} */ (body?.["of"] ?? "air");
        if (act === "stage") this.wall = { ...this.wall, staged: /** @type {string | null} */ (body?.["scene"] ?? null) };
        if (act === "take") { this.wall = { ...this.wall, on_air: this.wall.staged ?? this.wall.on_air, staged: null }; this.known.stage = null; }
        if (act === "stage") this.known.stage = null;
        if (!this.take_in(of, answer)) await this.refreshAll();
        this.tell();
        return true;
      } catch (error) {
        const offered = act === "take" ? remedyOf(error) : null;
        this.refuse(error, offered ? () => { void this.act(act, { ...body, remedy: offered.remedy }); } : null);
        return false;
      }
    });
    this.chain = done;
    return done;
  }
  /** Puts a scene straight on air. @param {string} scene @returns {Promise<boolean>} */
  async recall(scene) {
    try { await call("POST", `/v1/scene/${seg(scene)}`); return true; } catch (error) { this.refuse(error, null); return false; }
  }
}

/** What the controller offers to do besides, so that an act which it has refused can be done. @param {unknown} error @returns {{ remedy: string, windows: string[] } | null} */
export function remedyOf(error) {
  const offered = error instanceof Refused && error.code === "over_budget" ? error.body["remedy"] : null;
  return offered && typeof offered.remedy === "string" && Array.isArray(offered.windows) ? offered : null;
}
