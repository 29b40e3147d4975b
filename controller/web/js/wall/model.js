// @ts-check
// One wall as its console edits it: what is on air, what is staged, and the acts that are under way.
import { Refused, call, seg, withQuery } from "../api.js";
import { applied } from "../edits.js";
/** @typedef {import("../types.js").Of} Of */
/** @typedef {import("../types.js").Windows} Windows */
/** @typedef {import("../types.js").WallWindow} WallWindow */
/** @typedef {import("../edits.js").Edit} Edit */
/** @typedef {{ of: Of, act: number | null }} Done on which side something was done, and the number of the act; none where nothing has changed */
/**
 * What the operator has before their eyes while they prepare an act: windows, or the whole side. What others do to it meanwhile is not swallowed.
 * @typedef {{ of: Of, revision: number, scene: string | null, whole: boolean, seen: Map<string, string> }} Hold
 */

/** Events: `change` after anything that is to be drawn anew, `refused` (detail: { error, again, act? }): what could be done about it, and which act on the whole wall it was. */
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
    /** @type {Set<Hold>} */
    this.holds = new Set();
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
  /** @param {unknown} error @param {(() => void) | null} again @param {string} [act] */
  refuse(error, again, act) { if (!this.gone) this.dispatchEvent(new CustomEvent("refused", { detail: { error, again, act } })); }

  /** Windows are taken in hand, or a whole side is looked at. @param {Of} of @param {readonly string[] | null} windows `null` for the whole side @returns {Hold} */
  hold(of, windows) {
    const known = this.known[of], whole = windows === null;
    const seen = new Map((known?.windows ?? []).filter((w) => windows === null || windows.includes(w.window)).map((w) => [w.window, JSON.stringify(w)]));
    for (const id of windows ?? []) if (!seen.has(id)) seen.set(id, "");
    const hold = { of, revision: known?.revision ?? 0, scene: known?.scene ?? null, whole, seen };
    this.holds.add(hold);
    return hold;
  }
  /** @param {Hold | null | undefined} hold */
  letGo(hold) { if (hold) this.holds.delete(hold); }
  /**
   * An act of this page's own, upon revision `base`, has been answered. Whoever holds something has done that themselves, so it is not in their way,
   * unless another has changed what they hold as well: the controller has made sure of the windows that the act touched, the others are compared.
   * @param {Of} of @param {number} base @param {ReadonlySet<string> | null} touched `null` for all: whatever was there has been replaced @param {unknown} answer
   */
  advance(of, base, touched, answer) {
    const now = /** @type {Partial<Windows> | null} */ (answer);
    if (!now || !Array.isArray(now.windows) || typeof now.revision !== "number") return;
    const windows = new Map(now.windows.map((w) => [w.window, JSON.stringify(w)]));
    for (const hold of this.holds) {
      if (hold.of !== of || now.revision <= hold.revision) continue;
      const ids = hold.whole ? new Set([...hold.seen.keys(), ...windows.keys()]) : new Set(hold.seen.keys());
      const unswallowed = (/** @type {string} */ id) => (touched?.has(id) && hold.revision >= base) || windows.get(id) === hold.seen.get(id);
      const mine = touched === null ? hold.whole : hold.scene === (now.scene ?? hold.scene) && [...ids].every(unswallowed);
      if (!mine) continue;
      hold.revision = now.revision;
      hold.scene = now.scene ?? hold.scene;
      hold.seen = new Map([...(hold.whole ? windows.keys() : ids)].map((id) => [id, windows.get(id) ?? ""]));
    }
  }

  /** Does something at once on the page and then at the controller. @param {Of} of @param {Edit} edit @returns {Promise<Done | null>} */
  edit(of, edit) { return this.edits(of, [edit]); }
  /**
   * @param {Of} of @param {Edit[]} edits @param {string} [remedy] what may be done besides, as a refusal has offered it
   * @param {Hold | null} [hold] what the operator had in hand: the act is based on what they saw when they took it, not on what has come since
   * @returns {Promise<Done | null>} nothing where it was refused
   */
  edits(of, edits, remedy, hold) {
    this.pending[of].push(...edits);
    if (hold) this.holds.add(hold);
    this.tell();
    const act = this.chain.then(async () => {
      try {
        const base = hold?.revision ?? this.known[of]?.revision ?? 0;
        this.letGo(hold);
        const answer = edits.length === 1 && edits[0] && !remedy ? await this.send(of, edits[0], base) : await this.sendAll(of, edits, base, remedy);
        this.advance(of, base, touchedBy(edits, answer), answer);
        if (!this.take_in(of, answer)) this.take_in(of, await call("GET", withQuery(`${this.path}/windows`, { of })));
        return { of, act: actOf(answer) };
      } catch (error) {
        const conflict = error instanceof Refused && error.code === "conflict";
        if (conflict) { const body = error.body; if (!this.take_in(of, body["current"] ?? body)) await this.refresh(of); }
        const offered = remedyOf(error);
        this.refuse(error, offered ? () => { void this.edits(of, edits, offered.remedy, hold); } : conflict ? () => { void this.edits(of, edits); } : null);
        return null;
      } finally {
        this.pending[of] = this.pending[of].filter((e) => !edits.includes(e));
        this.tell();
      }
    });
    this.chain = act;
    return act;
  }
  /** @param {Of} of @param {Edit} edit @param {number} base_revision */
  send(of, edit, base_revision) {
    const base = { of, base_revision };
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
  /** Several acts as one step. @param {Of} of @param {Edit[]} edits @param {number} base_revision @param {string} [remedy] */
  sendAll(of, edits, base_revision, remedy) {
    const changes = edits.map((edit) => {
      if (edit.do === "open") return { do: "open", source: edit.source, rect: edit.rect, ...(edit.small_stream ? { small_stream: true } : {}) };
      if (edit.do !== "patch") return edit;
      const { label: _, ...change } = edit;
      return { ...change, do: "change" };
    });
    return call("POST", `${this.path}/changes`, { of, base_revision, changes, ...(remedy ? { remedy } : {}) });
  }

  /**
   * An act on the whole wall. @param {"undo" | "redo" | "reset" | "stage" | "take"} act @param {Record<string, unknown>} [body]
   * @param {Hold | null} [hold] what the operator saw when they asked for it: it is refused where another has changed that since
   * @returns {Promise<Done | null>} nothing where it was refused
   */
  act(act, body, hold) {
    if (hold) this.holds.add(hold);
    const of = act === "stage" ? "stage" : act === "take" ? "air" : /** @type {Of} */ (body?.["of"] ?? "air");
    const done = this.chain.then(async () => {
      try {
        const base = hold ? { base_revision: hold.revision } : {};
        this.letGo(hold);
        const answer = await call("POST", `${this.path}/${act}`, { ...body, ...base });
        if (act === "stage") this.wall = { ...this.wall, staged: /** @type {string | null} */ (body?.["scene"] ?? null) };
        if (act === "take") { this.wall = { ...this.wall, on_air: this.wall.staged ?? this.wall.on_air, staged: null }; this.known.stage = null; }
        if (act === "stage") { this.known.stage = null; this.advance("stage", 0, null, answer); }
        if (!this.take_in(of, answer)) await this.refreshAll();
        this.tell();
        return { of, act: actOf(answer) };
      } catch (error) {
        await this.meet(error, act === "take" ? "stage" : of);
        const offered = remedyOf(error);
        this.refuse(error, offered ? () => { void this.act(act, { ...body, remedy: offered.remedy }, hold); } : null, act);
        return null;
      }
    });
    this.chain = done;
    return done;
  }
  /** Shows what stood in the way of an act. @param {unknown} error @param {Of} of the side on which it stood */
  async meet(error, of) {
    if (!(error instanceof Refused) || (error.code !== "conflict" && error.code !== "nothing_staged")) return;
    const current = /** @type {Partial<Windows> | null} */ (error.code === "conflict" ? error.body["current"] ?? null : null);
    if (of === "stage") this.wall = { ...this.wall, staged: current?.scene ?? null };
    if (of === "stage" && !current) this.known.stage = null;
    else if (!this.take_in(of, current)) await this.refresh(of);
    this.tell();
  }
  /** Puts a scene straight on air. @param {string} scene @param {string} [remedy] what may be done besides @returns {Promise<boolean>} */
  async recall(scene, remedy) {
    try { await call("POST", `/v1/scene/${seg(scene)}`, remedy ? { remedy } : undefined); return true; } catch (error) {
      const offered = remedyOf(error);
      this.refuse(error, offered ? () => { void this.recall(scene, offered.remedy); } : null);
      return false;
    }
  }
}

/** The number of the act that an answer tells of. @param {unknown} answer @returns {number | null} */
function actOf(answer) {
  const act = /** @type {Partial<Windows> | null} */ (answer)?.act;
  return typeof act === "number" ? act : null;
}

/** The windows that acts touch, those that they have opened among them. @param {readonly Edit[]} edits @param {unknown} answer @returns {Set<string>} */
function touchedBy(edits, answer) {
  const opened = /** @type {Partial<Windows> | null} */ (answer)?.opened;
  const named = edits.flatMap((edit) => (edit.do === "swap" ? [edit.a, edit.b] : edit.do === "open" ? [] : [edit.window]));
  return new Set([...named, ...(Array.isArray(opened) ? opened : [])]);
}

/** What the controller offers to do besides, so that an act which it has refused can be done. @param {unknown} error @returns {{ remedy: string, windows: string[] } | null} */
export function remedyOf(error) {
  const offered = error instanceof Refused && error.code === "over_budget" ? error.body["remedy"] : null;
  return offered && typeof offered.remedy === "string" && Array.isArray(offered.windows) ? offered : null;
}
