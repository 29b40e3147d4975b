// @ts-check
// What a search has found, for marking; the search itself is the server's.
/** @typedef {{ text: string, hit: boolean }} Piece */

/** Full-width and upper-case letters are the same to a search. @param {string} text */
export const plain = (text) => text.normalize("NFKC").toLowerCase();

/** @param {string} text @param {number} from @param {number} to @returns {Piece[]} */
function cut(text, from, to) {
  return [{ text: text.slice(0, from), hit: false }, { text: text.slice(from, to), hit: true }, { text: text.slice(to), hit: false }].filter((p) => p.text !== "");
}

/**
 * The label in pieces, with what the query names: by its letters, or by the first letters of its syllables ("nfhy" marks 南风花园).
 * @param {string} label @param {string} query @param {string} [initials] one letter for each letter of the label, without spaces
 * @returns {Piece[]}
 */
export function highlight(label, query, initials = "") {
  const wanted = plain(query.trim());
  if (wanted === "") return [{ text: label, hit: false }];
  const at = plain(label).indexOf(wanted);
  // NFKC may change lengths; then nothing is marked rather than the wrong letters.
  if (at >= 0 && plain(label).length === label.length) return cut(label, at, at + wanted.length);
  /** @type {number[]} */
  const letters = [];
  for (let i = 0; i < label.length; i += 1) if (/[\p{L}\p{N}]/u.test(label[i] ?? "")) letters.push(i);
  const signs = plain(initials).replace(/[^\p{L}\p{N}]/gu, "");
  const short = wanted.replace(/\s+/g, "");
  const found = signs.length === letters.length ? signs.indexOf(short) : -1;
  if (found < 0) return [{ text: label, hit: false }];
  const first = letters[found] ?? 0, last = letters[found + short.length - 1] ?? first;
  return cut(label, first, last + 1);
}

/** Whether a source fits, for lists that are here already. @param {{ source: string, label: { zh: string, en: string }, tags: string[], initials?: string }} source @param {string} query */
export function fits(source, query) {
  const wanted = plain(query.trim());
  if (wanted === "") return true;
  const words = [source.source, source.label.zh, source.label.en, source.initials ?? "", ...source.tags].map(plain);
  return words.some((word) => word.includes(wanted) || word.replace(/\s+/g, "").includes(wanted.replace(/\s+/g, "")));
}
