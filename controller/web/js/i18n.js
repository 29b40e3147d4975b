// @ts-check
// Words in the operator's language. Keys live in i18n/*.json; a test compares both files and every use.
/** @typedef {"zh-CN" | "en"} Locale */
/** @typedef {Record<string, string>} Words */

/** Fills `{name}` in a text. @param {string} text @param {Record<string, string | number>} [values] */
export const filled = (text, values = {}) => text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));

/** @type {{ locale: Locale, words: Words }} */
const now = { locale: "zh-CN", words: {} };

export const locale = () => now.locale;

/** @param {string | null | undefined} wanted @returns {Locale} */
export const known = (wanted) => (wanted && wanted.toLowerCase().startsWith("en") ? "en" : "zh-CN");

/** @param {Locale} wanted */
export async function speak(wanted) {
  const answer = await fetch(new URL(`../i18n/${wanted}.json`, import.meta.url));
  if (!answer.ok) throw new Error(`no words for ${wanted}`);
  now.words = /** @type {Words} */ (await answer.json());
  now.locale = wanted;
  document.documentElement.lang = wanted;
}

/** Words given, for tests and for pages without a server. @param {Locale} wanted @param {Words} words */
export function use(wanted, words) { now.locale = wanted; now.words = words; }

/** @param {string} key @param {Record<string, string | number>} [values] */
export const t = (key, values) => filled(now.words[key] ?? key, values);

/** Whether there are words for a key. @param {string} key */
export const has = (key) => key in now.words;

/** What the server says in both languages. @param {import("./types.js").Said | Record<string, string> | string | null | undefined} words */
export function said(words) {
  if (words === null || words === undefined) return "";
  if (typeof words === "string") return words;
  const both = /** @type {Record<string, string | undefined>} */ (words);
  return (now.locale === "en" ? both["en"] || both["zh"] : both["zh"] ?? both["zh-CN"] ?? both["en"]) ?? "";
}

/** A word of a closed list, such as a state; what is not known is shown as it came. @param {string} group @param {string} name */
export const word = (group, name) => (has(`${group}.${name}`) ? t(`${group}.${name}`) : name);
