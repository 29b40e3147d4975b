// @ts-check
// Requests to the controller. What is refused arrives as `Refused`, with a stable code and words for the operator.
import { has, locale, t } from "./i18n.js";

/** How long a request may take. */
const WITHIN_MS = 15000;

export class Refused extends Error {
  /** @param {number} status 0 when nothing answered @param {string} code @param {string} detail @param {Record<string, any>} [body] */
  constructor(status, code, detail, body = {}) {
    super(detail || code);
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.body = body;
  }
  /** What the operator reads: our own words where the code is known, else the controller's. */
  get words() {
    if (has(`error.${this.code}`)) return t(`error.${this.code}`);
    const chinese = this.body["detail_zh"];
    if (locale() === "zh-CN" && typeof chinese === "string" && chinese !== "") return chinese;
    return this.detail || t("error.unknown", { status: this.status });
  }
}

/** Without a touch for so long, what the page asks is the page's doing and keeps no session alive. */
const AWAY_MS = 60e3;
let touched_ms = Date.now();
/** The operator is here. */
export const touch = () => { touched_ms = Date.now(); };

/** Told of every answer that says that nobody is signed in, or that the session is locked. */
export const onRefused = new EventTarget();

/**
 * @param {"GET" | "POST" | "PATCH" | "PUT" | "DELETE"} method @param {string} path @param {unknown} [body]
 * @param {Record<string, string>} [headers]
 * @returns {Promise<any>}
 */
export async function call(method, path, body, headers = {}) {
  const stop = AbortSignal.timeout(WITHIN_MS);
  /** @type {Response} */
  let answer;
  try {
    answer = await fetch(path, {
      method, signal: stop, credentials: "same-origin", cache: "no-store",
      headers: { "Accept": "application/json", "Accept-Language": locale(), ...background(method), ...headers, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new Refused(0, stop.aborted ? "too_slow" : "offline", "");
  }
  const text = await answer.text().catch(() => "");
  /** @type {any} */
  let value = null;
  if (text !== "") {
    try { value = JSON.parse(text); } catch { value = answer.ok ? text : null; }
  }
  if (answer.ok) return value;
  const said = typeof value === "object" && value ? value : {};
  const refused = new Refused(answer.status, String(said.code ?? `http_${answer.status}`), String(said.detail ?? said.message ?? said.title ?? ""), said);
  if (answer.status === 401 || answer.status === 423) onRefused.dispatchEvent(new CustomEvent("refused", { detail: refused }));
  throw refused;
}

/** @param {string} method @returns {Record<string, string>} */
export const background = (method) => (method === "GET" && Date.now() - touched_ms > AWAY_MS ? { "Taibai-Background": "1" } : {});

/** @param {string} path @param {Record<string, string | number | null | undefined>} query */
export function withQuery(path, query) {
  const pairs = Object.entries(query).filter(([, v]) => v !== null && v !== undefined && v !== "");
  const text = new URLSearchParams(pairs.map(([k, v]) => [k, String(v)])).toString();
  return text === "" ? path : `${path}?${text}`;
}

/** Lines of one page of a list: the most that the controller gives. */
export const PAGE_LINES = 1000;

/**
 * A whole list, page after page. A line that comes twice counts once, and a page that brings nothing new ends it: the list may change while
 * it is read.
 * @param {string} path @param {string} key the member that names a line
 * @returns {Promise<any[]>}
 */
export async function callAll(path, key) {
  /** @type {Map<string, any>} */
  const lines = new Map();
  for (let after = "";;) {
    /** @type {any[]} */
    const page = await call("GET", withQuery(path, { limit: PAGE_LINES, after }));
    const known = lines.size;
    for (const line of page) lines.set(String(line[key]), line);
    if (page.length < PAGE_LINES || lines.size === known) return [...lines.values()];
    after = String(page[page.length - 1][key]);
  }
}

/** A part of a path. @param {string | number} part */
export const seg = (part) => encodeURIComponent(String(part));
