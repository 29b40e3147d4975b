// Whole lists from a controller that gives them in pages, and the words of what it refuses.
import assert from "node:assert/strict";
import { test } from "node:test";
import { PAGE_LINES, Refused, call, callAll } from "../../../controller/web/js/api.js";
import { use } from "../../../controller/web/js/i18n.js";

/** A controller that answers with what is given for a path. @param {(url: URL) => [number, unknown]} answer */
function answering(answer) {
  /** @type {string[]} */
  const asked = [];
  globalThis.fetch = /** @type {any} */ (async (/** @type {string} */ path) => {
    asked.push(path);
    const [status, body] = answer(new URL(path, "http://controller"));
    return new Response(JSON.stringify(body), { status });
  });
  return asked;
}
/** Lines of a list of so many. @param {number} count */
const listed = (count) => Array.from({ length: count }, (_, i) => ({ source: `cam-${String(i).padStart(5, "0")}` }));
/** What a controller does with `after` and `limit`. @param {{ source: string }[]} all @param {URL} url */
function paged(all, url) {
  const after = url.searchParams.get("after"), limit = Number(url.searchParams.get("limit"));
  const from = after === null ? 0 : all.findIndex((line) => line.source === after) + 1;
  return all.slice(from, from + limit);
}

test("a list is read to its end, however many pages that takes", async () => {
  for (const count of [0, 1, PAGE_LINES - 1, PAGE_LINES, PAGE_LINES + 1, 4096]) {
    const all = listed(count), asked = answering((url) => [200, paged(all, url)]);
    assert.deepEqual(await callAll("/v1/sources", "source"), all, String(count));
    assert.equal(asked.length, Math.floor(count / PAGE_LINES) + 1, String(count));
  }
});

test("a list that changes meanwhile ends all the same, and shows nothing twice", async () => {
  const all = listed(1500);
  let asked = 0;
  // What the page before ended with is gone: the controller begins anew.
  answering((url) => { asked += 1; return [200, paged(asked === 1 ? all : all.filter((line) => line.source !== url.searchParams.get("after")), url)]; });
  const lines = await callAll("/v1/sources", "source");
  assert.equal(new Set(lines.map((line) => line.source)).size, lines.length);
  // One that heeds no `after` at all.
  const repeated = answering(() => [200, all.slice(0, PAGE_LINES)]);
  assert.equal((await callAll("/v1/sources", "source")).length, PAGE_LINES);
  assert.equal(repeated.length, 2);
});

test("a refusal in the middle refuses the whole", async () => {
  const all = listed(1500);
  answering((url) => (url.searchParams.has("after") ? [503, { code: "no_data", detail: "away" }] : [200, paged(all, url)]));
  await assert.rejects(callAll("/v1/sources", "source"), (error) => error instanceof Refused && error.code === "no_data");
});

test("a Chinese console says in Chinese what is refused, an English one in English", async () => {
  answering(() => [404, { code: "no_photo", detail: "there is no photo", detail_zh: "没有照片" }]);
  const words = async () => { try { await call("GET", "/v1/events/1/photo"); return ""; } catch (error) { return /** @type {Refused} */ (error).words; } };
  use("zh-CN", {});
  assert.equal(await words(), "没有照片");
  use("en", {});
  assert.equal(await words(), "there is no photo");
});
