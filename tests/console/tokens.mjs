// @ts-check
// The console's custom properties, made from assets/theme/taibai.toml, so that wall, console and editor share one look.
// `node tests/console/tokens.mjs` writes controller/web/css/tokens.css; a test compares the two.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);
export const themeFile = fileURLToPath(new URL("assets/theme/taibai.toml", root));
export const cssFile = fileURLToPath(new URL("controller/web/css/tokens.css", root));

/** The tables of the theme: `key = "#RRGGBB"` and `series = [...]` is all there is. @param {string} toml */
export function palettes(toml) {
  /** @type {Record<string, [string, string][]>} */
  const found = {};
  let table = "";
  for (const line of toml.split("\n")) {
    const head = /^\[(\w+)\]/.exec(line);
    if (head) { table = head[1] ?? ""; found[table] = []; continue; }
    const colour = /^([a-z0-9-]+) = "(#[0-9A-Fa-f]{6})"/.exec(line);
    if (colour) found[table]?.push([colour[1] ?? "", (colour[2] ?? "").toLowerCase()]);
    const series = /^series = \[(.*)\]/.exec(line);
    if (series) [...(series[1] ?? "").matchAll(/#[0-9A-Fa-f]{6}/g)].forEach((m, i) => found[table]?.push([`series-${i}`, m[0].toLowerCase()]));
  }
  return found;
}

/** @param {string} toml */
export function tokensCss(toml) {
  const { dark = [], light = [] } = palettes(toml);
  const lines = (/** @type {[string, string][]} */ pairs) => pairs.map(([name, value]) => `  --${name}: ${value};`).join("\n");
  return `/* Made from assets/theme/taibai.toml by tests/console/tokens.mjs; change the colours there. */\n:root {\n  color-scheme: dark;\n${lines(dark)}\n}\n\n:root[data-theme="light"] {\n  color-scheme: light;\n${lines(light)}\n}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(cssFile, tokensCss(readFileSync(themeFile, "utf8")));
