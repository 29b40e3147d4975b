// @ts-check
// Who did what, when, from where, with what before and after; and whether the chain is whole.
import { Refused, call, withQuery } from "../api.js";
import { fill, h } from "../dom.js";
import { dateTime } from "../format.js";
import { hall } from "../hall.js";
import { t, word } from "../i18n.js";
import { icon } from "../icons.js";
import { button, empty, failed, skeleton, table } from "../pieces.js";

const PAGE = 100;

/** A value of a record in one line. @param {unknown} value */
const brief = (value) => (value === null || value === undefined || value === "" ? "" : typeof value === "string" ? value : JSON.stringify(value));

/** @returns {import("../shell.js").Page} */
export function auditPage() {
  const into = h("div", { class: "audit-body" }, skeleton(10)), outcome = h("div", { class: "outcome", role: "status", hidden: true }), foot = h("div", { class: "acts" });
  const search = h("input", { class: "input", type: "search", placeholder: t("audit.search"), "aria-label": t("audit.search"), on: { input: () => draw() } });
  /** @type {any[]} */
  let records = [];
  let more = false, gone = false;
  const verify = button(t("audit.verify"), () => {
    verify.disabled = true;
    call("POST", "/v1/audit/verify").then((answer) => {
      const broken = answer?.broken ?? answer?.first_altered ?? null;
      const good = broken === null && answer?.ok !== false && answer?.whole !== false;
      show(good ? t("audit.whole", { n: answer?.records ?? answer?.checked ?? records.length }) : t("audit.broken", { n: String(broken?.seq ?? broken ?? "?") }), good);
    }, (error) => show(error instanceof Refused ? error.words : String(error), false)).finally(() => { verify.disabled = false; });
  }, { icon: "check" });
  const show = (/** @type {string} */ words, /** @type {boolean} */ good) => { outcome.hidden = false; outcome.className = `outcome ${good ? "ok" : "danger"}`; fill(outcome, icon(good ? "check" : "alert"), words); };
  const element = h("div", { class: "page audit-page" }, h("header", { class: "page-head" }, h("h1", null, t("nav.audit")), h("span", { class: "spring" }), h("div", { class: "search" }, icon("search"), search), verify), h("p", { class: "hint" }, t("audit.words")), outcome, into, foot);
  const draw = () => {
    const query = search.value.trim().toLowerCase();
    const rows = records.filter((r) => query === "" || JSON.stringify(r).toLowerCase().includes(query));
    if (rows.length === 0) { fill(into, records.length === 0 ? empty("audit", t("audit.none"), t("audit.none.words")) : empty("search", t("search.none"), t("search.none.words"))); return; }
    fill(into, table(t("nav.audit"), [t("audit.seq"), t("audit.at"), t("audit.who"), t("audit.act"), t("audit.on"), t("audit.change"), t("audit.from"), t("audit.outcome")],
      rows.map((r) => [String(r.seq ?? r.id ?? ""), r.at ? dateTime(Number(r.at), hall.utc_offset_s) : "", brief(r.user ?? r.who ?? r.by), word("act", brief(r.act ?? r.action ?? r.what)), brief(r.target ?? r.on ?? r.subject), change(r), brief(r.from ?? r.address), word("outcome", brief(r.outcome ?? r.result))]), [0]));
    fill(foot, more ? button(t("audit.more"), () => { void load(); }, { icon: "down" }) : null);
  };
  const change = (/** @type {any} */ r) => {
    const before = brief(r.before), after = brief(r.after);
    if (before === "" && after === "") return brief(r.detail ?? r.words);
    return h("span", { class: "change" }, before === "" ? null : h("del", null, before), after === "" ? null : h("ins", null, after));
  };
  const load = async () => {
    const last = records[records.length - 1];
    try {
      const answer = await call("GET", withQuery("/v1/audit", { after: last?.seq ?? last?.id, limit: PAGE }));
      const page = Array.isArray(answer) ? answer : answer?.records ?? [];
      if (gone) return;
      const known = new Set(records.map((r) => r.seq ?? r.id));
      const fresh = page.filter((/** @type {any} */ r) => !known.has(r.seq ?? r.id));
      records = [...records, ...fresh];
      more = fresh.length >= PAGE;
      draw();
    } catch (error) {
      if (!gone) fill(into, failed(error instanceof Refused ? error : new Refused(0, "offline", ""), () => { void load(); }));
    }
  };
  void load();
  return { element, title: t("nav.audit"), leave: () => { gone = true; } };
}
