// @ts-check
// What a source is made of: which fields a kind of source has, and the way between a form and the hall document's keys. Pure.

export const KINDS = /** @type {const} */ (["rtsp", "srt", "rtmp", "http", "udp", "file", "image"]);
/** @typedef {typeof KINDS[number]} Kind */
/**
 * @typedef {object} Field
 * @property {string} name as the document calls it
 * @property {"text" | "number" | "choice" | "flag"} type
 * @property {boolean} [needed]
 * @property {string} [usual] what is meant where nothing is written
 * @property {readonly string[]} [choices] the first is the usual one
 */
/** @typedef {{ name: string, path: string, width: string, height: string }} StreamRow */
/** @typedef {Record<string, any>} Keys a source as the document has it */

/** @param {string} port @returns {Field[]} */
const server = (port) => [{ name: "host", type: "text", needed: true }, { name: "port", type: "number", usual: port }, { name: "path", type: "text", needed: true }];
/** @type {Field} */
const credential = { name: "credential", type: "text" };
/** @type {Field} */
const tls = { name: "tls", type: "flag" };
const CODECS = ["h264", "h265", "mjpeg", "mpeg2", "mpeg4", "vp8", "vp9"];

/** @type {Record<Kind, Field[]>} */
export const FIELDS = {
  rtsp: [...server("554"), credential, { name: "transport", type: "choice", choices: ["tcp", "udp"] }, tls],
  srt: [{ name: "mode", type: "choice", choices: ["caller", "listener"] }, { name: "host", type: "text" }, { name: "port", type: "number", needed: true }, { name: "stream_id", type: "text" }, credential, { name: "latency_ms", type: "number", usual: "120" }],
  rtmp: [...server("1935"), credential, tls],
  http: [...server("80"), credential, tls],
  udp: [{ name: "host", type: "text", needed: true }, { name: "port", type: "number", needed: true }, { name: "interface", type: "text" }, { name: "format", type: "choice", choices: ["mpegts", "rtp"] }, { name: "codec", type: "choice", choices: ["", ...CODECS] }, { name: "payload_type", type: "number" }],
  file: [{ name: "path", type: "text", needed: true }, { name: "repeat", type: "flag", usual: "on" }],
  image: [{ name: "path", type: "text", needed: true }],
};
/** Kinds whose servers name several streams of one picture. */
export const STREAMED = /** @type {readonly string[]} */ (["rtsp", "rtmp", "http"]);
/** The keys that the form knows; what else a source has stays as it is. */
const KNOWN = ["label", "place", "tags", "streams", ...KINDS];

/** Which kind a source is. @param {Keys} keys @returns {Kind} */
export const kindOf = (keys) => KINDS.find((kind) => kind in keys) ?? "rtsp";

/** Whether a field is asked for, given what stands in the others. @param {Kind} kind @param {string} name @param {Record<string, string | boolean>} values @param {boolean} streamed whether streams are listed */
export function asked(kind, name, values, streamed) {
  if (name === "path" && streamed) return false;
  if (kind === "srt" && name === "host") return values["mode"] !== "listener";
  if (kind === "udp" && (name === "codec" || name === "payload_type")) return values["format"] === "rtp";
  return true;
}

/**
 * What the fields say of one kind. @param {Kind} kind @param {Record<string, string | boolean>} values @param {boolean} streamed @returns {Keys}
 */
export function endpointOf(kind, values, streamed) {
  /** @type {Keys} */
  const keys = {};
  for (const field of FIELDS[kind]) {
    const value = values[field.name];
    if (!asked(kind, field.name, values, streamed) || value === undefined) continue;
    if (field.type === "flag") { if (value !== (field.usual === "on")) keys[field.name] = value === true; continue; }
    const text = String(value).trim();
    if (text === "" || (field.type === "choice" && text === field.choices?.[0])) continue;
    keys[field.name] = field.type === "number" ? Number(text) : text;
  }
  return keys;
}

/** The fields of a kind as a source fills them. @param {Kind} kind @param {Keys} keys @returns {Record<string, string | boolean>} */
export function valuesOf(kind, keys) {
  const there = keys[kind] ?? {};
  return Object.fromEntries(FIELDS[kind].map((field) => {
    const value = there[field.name];
    if (field.type === "flag") return [field.name, value === undefined ? field.usual === "on" : value === true];
    return [field.name, value === undefined ? (field.choices?.[0] ?? "") : String(value)];
  }));
}

/** @param {Keys} keys @returns {StreamRow[]} */
export const streamsOf = (keys) => (keys["streams"] ?? []).map((/** @type {any} */ s) => ({ name: String(s.name), path: String(s.path), width: String(s.size?.[0] ?? ""), height: String(s.size?.[1] ?? "") }));

/** Words divided by commas of either kind. @param {string} text */
export const listOf = (text) => text.split(/[,，、\s]+/).map((part) => part.trim()).filter((part) => part !== "");

/** Words in one or two languages as the document writes them. @param {string} zh @param {string} en */
export function labelOf(zh, en) {
  const [a, b] = [zh.trim(), en.trim()];
  if (a === "" && b === "") return undefined;
  return a === b || b === "" ? a : a === "" ? b : { zh: a, en: b };
}

/**
 * The whole source.
 * @param {{ id: string, zh: string, en: string, place: string, tags: string, kind: Kind, values: Record<string, string | boolean>, streams: readonly StreamRow[] }} form
 * @returns {Keys}
 */
export function keysOf(form) {
  const streamed = STREAMED.includes(form.kind) && form.streams.length > 0;
  /** @type {Keys} */
  const keys = { id: form.id.trim() };
  const label = labelOf(form.zh, form.en), tags = listOf(form.tags), place = form.place.trim();
  if (label !== undefined) keys["label"] = label;
  if (place !== "") keys["place"] = place;
  if (tags.length > 0) keys["tags"] = tags;
  keys[form.kind] = endpointOf(form.kind, form.values, streamed);
  if (streamed) keys["streams"] = form.streams.map((row) => ({ name: row.name.trim(), path: row.path.trim(), size: [Number(row.width), Number(row.height)] }));
  return keys;
}

/** What of a source is to change: what is new or another one, and null for what is gone. @param {Keys} before @param {Keys} after @returns {Keys} */
export function patchOf(before, after) {
  /** @type {Keys} */
  const patch = {};
  for (const key of KNOWN) {
    if (key in after && JSON.stringify(after[key]) !== JSON.stringify(before[key])) patch[key] = after[key];
    if (!(key in after) && key in before) patch[key] = null;
  }
  return patch;
}

/** An id for a new source: its English name, else its address. @param {string} en @param {string} host @param {ReadonlySet<string>} taken */
export function freeId(en, host, taken) {
  const plain = (/** @type {string} */ text) => text.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 56);
  const base = plain(en) || (plain(host) ? `camera-${plain(host)}` : "camera");
  if (!taken.has(base)) return base;
  for (let n = 2; ; n += 1) if (!taken.has(`${base}-${n}`)) return `${base}-${n}`;
}

/** A camera's streams as rows, the largest first. @param {readonly { name: string, path: string, width: number | null, height: number | null }[]} found @returns {StreamRow[]} */
export function rowsOf(found) {
  const sized = found.filter((s) => s.width && s.height).sort((a, b) => Number(b.width) * Number(b.height) - Number(a.width) * Number(a.height));
  const names = ["main", "sub", "third", "fourth"];
  return sized.slice(0, names.length).map((s, i) => ({ name: names[i] ?? "", path: s.path, width: String(s.width), height: String(s.height) }));
}
