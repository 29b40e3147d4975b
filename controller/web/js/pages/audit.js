// @ts-check
// Who did what, when, from where, with what before and after; and whether the chain is whole.
import { Refused, call, withQuery } from "../api.js";
import { fill, h } from "../dom.js";
import { dateTime } from "../format.js";
import { hall } from "../hall.js";
import { said, t } from "../i18n.js";
import { icon } from "../icons.js";
import { button, dot, empty, failed, skeleton, table } from "../pieces.js";
/**
 * @typedef {object} AuditLine
 * @property {number} seq counted from 1
 * @property {number} at nanoseconds since 1970
 * @property {string} by
 * @property {string} from
 * @property {string} what such as `POST /v1/scene/{id}`
 * @property {import("../types.js").Said} [words]
 * @property {string} to
 * @property {number} status of the answer
 * @property {unknown} before
 * @property {unknown} after
 */

const PAGE = 100;
const CHANGES_MAX = 8;

/** @param {unknown} value */
const brief = (value) => (value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value));

/** What differs between two states, field by field. @param {unknown} before @param {unknown} after @returns {{ name: string, before: string, after: string }[]} */
export function differences(before, after) {
  const isObject = (/** @type {unknown} */ v) => typeof v === "object" && v !== null && !Array.isArray(v);
  if (!isObject(before) && !isObject(after)) return before === after || (!before && !after) ? [] : [{ name: "", before: brief(before), after: brief(after) }];
  const a = /** @type {Record<string, unknown>} */ (isObject(before) ? before : {}), b = /** @type {Record<string, unknown>} */ (isObject(after) ? after : {});
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].map((name) => ({ name, before: brief(a[name]), after: brief(b[name]) })).filter((d) => d.before !== d.after && d.name !== "revision");
}

/** @returns {import("../shell.js").Page} */
export function auditPage() {
  const into = h("div", { class: "audit-body" }, skeleton(10)), outcome = h("div", { class: "outcome", role: "status", hidden: true }), foot = h("div", { class: "acts" });
  const search = h("input", { class: "input", type: "search", placeholder: t("audit.search"), "aria-label": t("audit.search"), on: { input: () => draw() } });
  /** @type {AuditLine[]} newest first */
  let records = [];
  let last = 0, gone = false;
  const verify = button(t("audit.verify"), () => {
    verify.disabled = true;
    call("POST", "/v1/audit/verify").then((answer) => show(t("audit.whole", { n: answer?.records ?? last }), true), (error) => show(error instanceof Refused ? error.words : String(error), false))
      .finally(() => { verify.disabled = false; });
  }, { icon: "check", class: "verify" });
  const show = (/** @type {string} */ words, /** @type {boolean} */ good) => { outcome.hidden = false; outcome.className = `outcome ${good ? "ok" : "danger"}`; fill(outcome, icon(good ? "check" : "alert"), words); };
  const element = h("div", { class: "page audit-page" }, h("header", { class: "page-head" }, h("h1", null, t("nav.audit")), h("span", { class: "spring" }), h("div", { class: "search" }, icon("search"), search), verify), h("p", { class: "hint" }, t("audit.words")), outcome, into, foot);
  const draw = () => {
    const query = search.value.trim().toLowerCase();
    const rows = records.filter((r) => query === "" || JSON.stringify(r).toLowerCase().includes(query));
    const first = records[records.length - 1]?.seq ?? 1;
    fill(foot, first > 1 ? button(t("audit.more"), () => { void load(first - 1); }, { icon: "down" }) : null);
    if (rows.length === 0) { fill(into, records.length === 0 ? empty("audit", t("audit.none"), t("audit.none.words")) : empty("search", t("search.none"), t("search.none.words"))); return; }
    fill(into, table(t("nav.audit"), [t("audit.number"), t("audit.at"), t("audit.who"), t("audit.act"), t("audit.on"), t("audit.change"), t("audit.from"), t("audit.outcome")],
      rows.map((r) => [String(r.seq), h("span", { class: "nowrap" }, dateTime(r.at, hall.utc_offset_s)), r.by, h("span", { title: r.what }, said(r.words) || r.what), h("span", { class: "path" }, r.to), change(r), r.from || "–",
        h("span", { class: "state" }, dot(r.status < 400 ? "live" : "lost"), r.status < 400 ? t("audit.done") : t("audit.refused", { status: r.status }))]), [0]));
  };
  const change = (/** @type {AuditLine} */ r) => {
    const all = differences(r.before, r.after);
    if (all.length === 0) return "–";
    return h("ul", { class: "change" }, ...all.slice(0, CHANGES_MAX).map((d) => h("li", null,
      d.name === "" ? null : h("b", null, d.name), d.before === "" ? null : h("del", null, d.before), d.after === "" ? null : h("ins", null, d.after))));
  };
  /** @param {number | null} upTo the newest to read; null reads the end */
  const load = async (upTo) => {
    try {
      const after = upTo === null ? undefined : Math.max(0, upTo - PAGE);
      const answer = await call("GET", withQuery("/v1/audit", { after, limit: upTo === null ? PAGE : Math.min(PAGE, upTo) }));
      if (gone) return;
      last = Number(answer?.last ?? 0);
      records = [...records, .../** @type {AuditLine[]} */ (answer?.records ?? []).reverse()];
      draw();
    } catch (error) {
      if (!gone) fill(into, failed(error instanceof Refused ? error : new Refused(0, "offline", ""), () => { void load(upTo); }));
    }
  };
  void load(null);
  return { element, title: t("nav.audit"), leave: () => { gone = true; } };
}
