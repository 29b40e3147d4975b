// Both languages are complete, every key in use has words, and no words are left over.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { filled, known, said, use } from "../../../controller/web/js/i18n.js";
import { cssFile, palettes, themeFile, tokensCss } from "../tokens.mjs";

const web = new URL("../../../controller/web/", import.meta.url);
const words = (name) => JSON.parse(readFileSync(new URL(`i18n/${name}.json`, web), "utf8"));
const zh = words("zh-CN"), en = words("en");
const files = readdirSync(new URL("js/", web), { recursive: true }).filter((f) => f.endsWith(".js"));
const sourceText = (name) => readFileSync(new URL(`js/${name}`, web), "utf8");
const all = files.map(sourceText).join("\n");

/** Keys that the code names, and beginnings of keys that it puts together. */
function used(text) {
  const keys = new Set([...text.matchAll(/\bt\("([^"]+)"/g)].map((m) => m[1]));
  for (const call of text.matchAll(/\bt\(\w+ \? "([^"]+)" : "([^"]+)"/g)) { keys.add(call[1]); keys.add(call[2]); }
  const starts = new Set([...text.matchAll(/\bt\(`([^`$]+)\$\{[^}]+\}([^`]*)`/g)].map((m) => JSON.stringify([m[1], m[2]])));
  for (const group of text.matchAll(/\bword\("([^"]+)"/g)) starts.add(JSON.stringify([`${group[1]}.`, ""]));
  return { keys, starts: [...starts].map((s) => JSON.parse(s)) };
}

test("both languages have the same keys, with words and the same gaps to fill", () => {
  assert.deepEqual(Object.keys(zh).sort(), Object.keys(en).sort());
  const gaps = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();
  for (const key of Object.keys(zh)) {
    assert.ok(zh[key].trim() !== "" && en[key].trim() !== "", key);
    assert.deepEqual(gaps(zh[key]), gaps(en[key]), key);
  }
});

test("every key in use has words, and all words are in use", () => {
  const { keys, starts } = used(all);
  assert.ok(keys.size > 150, "the search for keys finds them");
  for (const key of keys) assert.ok(key in zh, `no words for ${key}`);
  for (const [start, end] of starts) assert.ok(Object.keys(zh).some((key) => key.startsWith(start) && key.endsWith(end)), `no words beginning with ${start}`);
  const error = (key) => key.startsWith("error.");
  const left = Object.keys(zh).filter((key) => !keys.has(key) && !error(key) && !starts.some(([start, end]) => key.startsWith(start) && key.endsWith(end)));
  assert.deepEqual(left, [], "words that nothing uses");
});

test("a planted key without words is noticed", () => {
  const { keys } = used('t("no.such.key"); t(x ? "one" : "two")');
  assert.deepEqual([...keys], ["no.such.key", "one", "two"]);
  assert.ok(![...keys].some((key) => key in zh));
});

test("Chinese is Chinese: full-width marks beside Chinese letters", () => {
  for (const [key, text] of Object.entries(zh)) assert.doesNotMatch(text, /[\u4e00-\u9fff][,;:?!]|[,;:?!][\u4e00-\u9fff]/, `${key}: ${text}`);
  for (const [key, text] of Object.entries(en)) if (key !== "language" && key !== "search.none.words") assert.doesNotMatch(text, /[\u3000-\u303f\uff00-\uffef]/, `${key}: ${text}`);
});

test("gaps are filled, unknown ones stay, and the server's words come in the operator's language", () => {
  assert.equal(filled("{a} {b}", { a: 1 }), "1 {b}");
  use("zh-CN", zh);
  assert.equal(said({ zh: "湖", en: "lake" }), "湖");
  assert.equal(said({ "zh-CN": "湖", en: "lake" }), "湖");
  use("en", en);
  assert.equal(said({ zh: "湖", en: "lake" }), "lake");
  assert.equal(said({ zh: "湖", en: "" }), "湖", "better the other language than nothing");
  assert.equal(said(null), "");
  assert.equal(known("en-GB"), "en");
  assert.equal(known("fr"), "zh-CN");
});

test("the console's colours are the theme's", () => {
  const toml = readFileSync(themeFile, "utf8");
  assert.equal(readFileSync(cssFile, "utf8"), tokensCss(toml), "run node tests/console/tokens.mjs");
  assert.equal(palettes(toml).dark.length, palettes(toml).light.length);
});

test("colours come from the tokens alone", () => {
  for (const name of ["base", "pieces", "wall", "pages"]) {
    const css = readFileSync(new URL(`css/${name}.css`, web), "utf8");
    const found = [...css.matchAll(/#[0-9a-fA-F]{3,8}\b/g)].map((m) => m[0]).filter((c) => !["#000", "#fff", "#ffffff", "#02060c", "#d9e2ee"].includes(c));
    assert.deepEqual(found, [], name);
  }
});

test("nothing is written as HTML, and no style or script is inline", () => {
  for (const name of files) {
    assert.doesNotMatch(sourceText(name), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setAttribute\("style"/, name);
    assert.match(sourceText(name), /^\/\/ @ts-check/, name);
  }
  const page = readFileSync(new URL("index.html", web), "utf8");
  assert.doesNotMatch(page, /style=|<style|\son\w+=|https?:|<script(?! type="module" src=)/);
});
