// @ts-check
// How the hall is: alarms in words first, then screens in step, clocks, nodes, sources and feeds.
import { alarmList } from "../alarms.js";
import { lineChart, partBar } from "../charts.js";
import { fill, h } from "../dom.js";
import { grouped, micros, timeOfDay } from "../format.js";
import { hall, past, remember, topics } from "../hall.js";
import { said, t, word } from "../i18n.js";
import { ageWords, card, dot, empty, shown, skeleton, stateChip, table } from "../pieces.js";
/** @typedef {import("../types.js").HallStatus} HallStatus */

/** Above this the two halves of a picture are seen apart; half a tick at 25 Hz. */
const PRESENT_BAR_US = 20000;
const TROUBLED_MAX = 12;

/** @param {string} label @param {string} value @param {string} tone @param {string} sub */
const figure = (label, value, tone, sub) => h("div", { class: `figure ${tone}` }, h("span", { class: "figure-name" }, label), h("strong", null, value), h("span", { class: "figure-sub" }, sub));

/** @returns {import("../shell.js").Page} */
export function healthPage() {
  const figures = h("div", { class: "figures" }), nodes = h("div", null), screens = h("div", null), sources = h("div", null), feeds = h("div", null), sync = h("ul", { class: "alarms" });
  const skewBox = h("div", { class: "charts" }, skeleton(3)), alarms = alarmList();
  const element = h("div", { class: "page health-page" }, h("header", { class: "page-head" }, h("h1", null, t("nav.health"))), figures,
    h("div", { class: "cards" },
      h("div", { class: "column-cards wide" }, card(t("health.sync"), skewBox), card(t("health.nodes"), nodes), card(t("health.screens"), screens)),
      h("div", { class: "column-cards" }, card(t("alarms"), alarms.element, sync), card(t("health.sources"), sources), card(t("health.feeds"), feeds))));
  /** @type {Map<string, ReturnType<typeof lineChart>>} */
  const charts = new Map();
  const clocks = lineChart(t("health.clock"), micros);
  const drawSync = () => {
    const value = topics.sync.value;
    if (!value) return;
    hall.utc_offset_s = value.utc_offset_s;
    const now = Date.now();
    remember(value, now);
    if (!clocks.element.isConnected) skewBox.replaceChildren();
    for (const wall of value.walls) {
      let chart = charts.get(wall.wall);
      if (!chart) { chart = lineChart(t("health.skew", { wall: wallName(wall.wall) }), micros, PRESENT_BAR_US); charts.set(wall.wall, chart); skewBox.append(chart.element); }
      const p50 = past.p50.get(wall.wall), worst = past.worst.get(wall.wall);
      if (p50 && worst) chart.draw([{ name: t("health.p50"), series: p50 }, { name: t("health.p99"), series: worst }], now);
    }
    if (!clocks.element.isConnected) skewBox.append(clocks.element);
    clocks.draw([...past.clocks].map(([name, series]) => ({ name, series })), now);
    const standing = value.alarms.filter((a) => a.ended === undefined || a.ended === null);
    fill(sync, ...standing.map((a) => h("li", { class: "alarm" }, dot("lost"), h("div", { class: "alarm-text" }, h("strong", null, said(a.words)), h("span", { class: "alarm-sub" }, t("alarm.since", { time: timeOfDay(a.since, value.utc_offset_s) }))))));
    drawFigures();
  };
  const wallName = (/** @type {string} */ id) => { const wall = topics.walls.value?.find((w) => w.wall === id); return wall ? said(wall.name) || id : id; };
  const drawFigures = () => {
    const status = topics.status.value, value = topics.sync.value;
    if (!status) return;
    const up = status.nodes.filter((n) => n.connected).length, live = status.sources.filter((s) => s.state === "live").length, lost = status.sources.filter((s) => s.state === "lost").length;
    const skew = value ? Math.max(0, ...value.walls.map((w) => w.skew.now_frames)) : null;
    const missed = value ? value.walls.flatMap((w) => w.nodes).reduce((sum, n) => sum + n.missed_last_minute, 0) : null;
    const bound = value ? Math.max(-1, ...value.walls.map((w) => w.present.clock_error_us ?? -1)) : -1;
    fill(figures,
      figure(t("figure.nodes"), `${up} / ${status.nodes.length}`, up === status.nodes.length ? "ok" : "danger", up === status.nodes.length ? t("figure.nodes.all") : t("figure.nodes.away", { n: status.nodes.length - up })),
      figure(t("figure.sources"), `${live} / ${status.sources.length}`, lost > 0 ? "danger" : live === status.sources.length ? "ok" : "warn", lost > 0 ? t("figure.sources.lost", { n: lost }) : live < status.sources.length ? t("figure.sources.waiting", { n: status.sources.length - live }) : t("figure.sources.live")),
      figure(t("figure.skew"), skew === null ? "–" : t("figure.frames", { n: skew }), skew === 0 ? "ok" : skew === null ? "" : "danger", t("figure.skew.words")),
      figure(t("figure.missed"), missed === null ? "–" : grouped(missed), missed === 0 ? "ok" : missed === null ? "" : "warn", t("figure.missed.words")),
      figure(t("figure.clock"), bound < 0 ? "–" : `± ${micros(bound)}`, bound < 0 ? "warn" : "ok", t("figure.clock.words")));
  };
  const drawStatus = (/** @type {HallStatus} */ status) => {
    hall.utc_offset_s = status.utc_offset_s;
    drawFigures();
    fill(nodes, table(t("health.nodes"), [t("node"), t("node.role"), t("node.state"), t("node.cpu"), t("node.memory"), t("node.clock"), t("node.bound")],
      status.nodes.map((n) => [n.node, word("node.role", n.role), h("span", { class: "state" }, dot(n.connected ? (n.standing === "cannot" ? "lost" : "live") : "lost"), n.connected ? word("standing", n.standing) : t("node.away"), n.why ? h("span", { class: "why" }, n.why) : null),
        `${n.cpu_percent.toFixed(0)} %`, `${grouped(n.memory_mib)} MiB`, word("clock", n.clock.state), n.clock.state === "unset" ? "–" : `± ${micros(n.clock.error_us)}`]), [3, 4, 6]));
    fill(screens, table(t("health.screens"), [t("screen"), t("node"), t("screen.presented"), t("screen.missed"), t("screen.rate")],
      status.screens.map((s) => [s.screen, s.node, grouped(s.presented), grouped(s.missed), s.ticks > 0 ? `${(100 - (s.missed / s.ticks) * 100).toFixed(3)} %` : "–"]), [2, 3, 4]));
    const by = (/** @type {string} */ state) => status.sources.filter((s) => s.state === state).length;
    const troubled = status.sources.filter((s) => s.state === "lost" || s.state === "stale");
    fill(sources, partBar(["live", "stale", "lost", "connecting"].map((state) => ({ name: word("state", state), n: by(state), tone: state }))),
      troubled.length === 0 ? null : h("ul", { class: "troubled" }, ...troubled.slice(0, TROUBLED_MAX).map((s) => h("li", null, stateChip(s.state), h("span", null, nameOf(s.source)), h("span", { class: "muted" }, s.node)))));
  };
  const nameOf = (/** @type {string} */ id) => { const source = topics.sources.value?.find((s) => s.source === id); return source ? said(source.label) : id; };
  const drawFeeds = () => {
    const lines = topics.feeds.value ?? [];
    if (lines.length === 0) { fill(feeds, empty("rules", t("feeds.none"), t("feeds.none.words"))); return; }
    const now = Date.now();
    fill(feeds, h("ul", { class: "feeds" }, ...lines.map((f) => {
      const heard = f.heard === null || f.heard === undefined ? null : now - f.heard / 1e6;
      const late = heard === null || heard > f.promise_s * 1000;
      return h("li", null, h("span", { class: "state" }, dot(!f.connected || f.fault ? "lost" : late ? "stale" : "live"), h("strong", null, f.feed)),
        h("span", { class: "muted" }, heard === null ? t("feed.never") : t("feed.heard", { age: ageWords(Math.max(0, heard)) })),
        h("span", { class: "muted" }, t("feed.rows", { rows: grouped(f.rows), rejected: grouped(f.rejected) })), f.fault ? h("span", { class: "danger-words" }, said(f.fault)) : null);
    })));
  };
  const aways = [shown(topics.status, nodes, drawStatus, 3), topics.sync.look(drawSync), shown(topics.feeds, feeds, drawFeeds, 3), topics.walls.look(() => undefined), topics.sources.look(() => undefined)];
  return { element, title: t("nav.health"), leave: () => { for (const away of aways) away(); alarms.stop(); } };
}
