// @ts-check
// All that the pages share: who is signed in, what the hall says, and news of it.
import { PAGE_LINES, call, callAll, withQuery } from "./api.js";
import { Series, packed, unpack } from "./series.js";
import { Topic } from "./topic.js";
import { Watch } from "./watch.js";
/** @typedef {import("./types.js").Person} Person */

/** How long health figures are kept. */
const SPAN_MS = 15 * 60e3;
export const watch = new Watch();

export const topics = {
  /** @type {Topic<import("./types.js").Wall[]>} */
  walls: new Topic(() => call("GET", "/v1/walls"), { every_ms: 30000 }),
  /** @type {Topic<import("./types.js").Source[]>} */
  sources: new Topic(() => callAll("/v1/sources", "source"), { every_ms: 10000 }),
  /** @type {Topic<import("./types.js").AlarmLine[]>} */
  alarms: new Topic(() => call("GET", "/v1/alarms"), { every_ms: 10000 }),
  /** @type {Topic<import("./types.js").EventLine[]>} */
  events: new Topic(() => call("GET", withQuery("/v1/events", { limit: PAGE_LINES })), { every_ms: 15000 }),
  /** @type {Topic<import("./types.js").TourLine[]>} */
  tours: new Topic(() => call("GET", "/v1/tours"), { every_ms: 5000 }),
  /** @type {Topic<import("./types.js").HallStatus>} */
  status: new Topic(() => call("GET", "/v1/status"), { every_ms: 2000 }),
  /** @type {Topic<import("./types.js").SyncStatus>} */
  sync: new Topic(() => call("GET", "/v1/sync"), { every_ms: 2000 }),
  /** @type {Topic<import("./types.js").FeedLine[]>} */
  feeds: new Topic(() => call("GET", "/v1/feeds"), { every_ms: 4000 }),
  /** @type {Topic<import("./types.js").RuleLine[]>} */
  rules: new Topic(() => call("GET", "/v1/rules"), { every_ms: 10000 }),
  /** @type {Topic<import("./types.js").LogLine[]>} */
  log: new Topic(() => call("GET", "/v1/log"), { every_ms: 5000 }),
  /** @type {Topic<any[]>} */
  users: new Topic(() => callAll("/v1/users", "user")),
  /** @type {Topic<any[]>} */
  tokens: new Topic(() => callAll("/v1/tokens", "id")),
};
/** @typedef {keyof typeof topics} TopicName */

/** Which topics a piece of news makes stale. @type {Record<string, TopicName[]>} */
const STALE = {
  walls: ["walls", "tours"], sources: ["sources"], alarms: ["alarms", "log"], events: ["events"], tours: ["tours", "log"], log: ["log", "rules"],
  nodes: ["status", "sources"], users: ["users", "tokens"], everything: /** @type {TopicName[]} */ (Object.keys(topics)),
};

/** @type {{ session: import("./types.js").Session | null, people: Person[], utc_offset_s: number }} */
export const hall = { session: null, people: [], utc_offset_s: 8 * 3600 };

/** Events: `people`. */
export const told = new EventTarget();

watch.addEventListener("news", (event) => {
  const news = /** @type {CustomEvent<import("./watch.js").News>} */ (event).detail;
  if (news.what === "presence") {
    const people = news["people"];
    hall.people = Array.isArray(people) ? /** @type {Person[]} */ (people) : [];
    told.dispatchEvent(new Event("people"));
    return;
  }
  for (const name of STALE[news.what] ?? []) topics[name].stale();
  told.dispatchEvent(new CustomEvent("news", { detail: news }));
});

/** Sync figures over time; collected from sign-in on and kept over a reload, so that the health page has a past to show. */
export const past = {
  /** @type {Map<string, Series>} the difference between screens that half of the ticks keep, by wall */
  p50: new Map(),
  /** @type {Map<string, Series>} the one that 99 of 100 keep, by wall */
  worst: new Map(),
  /** @type {Map<string, Series>} clock error bound by node */
  clocks: new Map(),
};

/** The series of a name; a new one where there is none. @param {Map<string, Series>} all @param {string} name */
function seriesOf(all, name) {
  let series = all.get(name);
  if (!series) { series = new Series(SPAN_MS); all.set(name, series); }
  return series;
}

/** @param {import("./types.js").SyncStatus} sync @param {number} now_ms */
export function remember(sync, now_ms) {
  for (const wall of sync.walls) {
    const spoke = wall.present.ticks > 0;
    seriesOf(past.p50, wall.wall).add(now_ms, spoke ? wall.present.p50_us : null);
    seriesOf(past.worst, wall.wall).add(now_ms, spoke ? wall.present.p99_us : null);
    for (const node of wall.nodes) {
      const series = seriesOf(past.clocks, node.node);
      if (series.points[series.points.length - 1]?.t !== now_ms) series.add(now_ms, node.connected && node.clock && node.clock.state !== "unset" ? node.clock.error_us : null);
    }
  }
}

/** Under which name a figure is kept in this tab, for the user who has seen it. @param {string} what */
const keptAs = (what) => `taibai.past.${hall.session?.user ?? ""}.${what}`;

function keepPast() {
  if (!hall.session) return;
  // Without room the charts begin anew after a reload, as they do on another machine.
  try { for (const [what, all] of Object.entries(past)) sessionStorage.setItem(keptAs(what), packed(all)); } catch { return; }
}

let sampling = 0;
/** Goes on where this tab was before it was loaded again. */
export function recallPast() {
  for (const [what, all] of Object.entries(past)) unpack(all, sessionStorage.getItem(keptAs(what)), SPAN_MS, Date.now());
  window.addEventListener("pagehide", keepPast);
}

/** Collects health figures in the background, slowly. */
export function sample() {
  clearTimeout(sampling);
  const again = () => { sampling = window.setTimeout(sample, 6000); };
  if (topics.sync.looking.size > 0 || document.hidden || !hall.session) { again(); return; }
  call("GET", "/v1/sync").then((sync) => { hall.utc_offset_s = sync.utc_offset_s; remember(sync, Date.now()); }, () => undefined).finally(again);
}
/** Ends it, and forgets the figures: who signs in next may have other rights. */
export function stopSampling() {
  clearTimeout(sampling);
  for (const [what, all] of Object.entries(past)) { all.clear(); sessionStorage.removeItem(keptAs(what)); }
}

const DOES = /** @type {const} */ ({ look: ["viewer", "operator", "designer", "admin"], operate: ["operator", "designer", "admin"], design: ["designer", "admin"], audit: ["auditor", "admin"], administer: ["admin"] });
/** Whether the signed-in user's rights allow something; the controller decides, this only hides what would be refused. @param {keyof typeof DOES} what */
export function may(what) {
  const acts = hall.session?.rights?.acts;
  if (acts) return acts.includes(what);
  return (hall.session?.roles ?? []).some((role) => /** @type {readonly string[]} */ (DOES[what]).includes(role));
}

/** Now, in nanoseconds since 1970. */
export const nowNs = () => Date.now() * 1e6;
