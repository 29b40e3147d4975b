// A source as a form: which fields a kind has, and the way to the document's keys and back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FIELDS, KINDS, asked, endpointOf, freeId, keysOf, kindOf, labelOf, listOf, patchOf, rowsOf, streamsOf, valuesOf } from "../../../controller/web/js/source-form.js";

const form = (over) => ({ id: "gate", zh: "东门", en: "East gate", place: "lake/03", tags: "gate, 夜间", kind: "rtsp", values: { ...valuesOf("rtsp", {}), host: "10.0.0.9", path: "/main" }, streams: [], ...over });

test("only what is written is sent, and what is usual is left to the document", () => {
  assert.deepEqual(keysOf(form({})), { id: "gate", label: { zh: "东门", en: "East gate" }, place: "lake/03", tags: ["gate", "夜间"], rtsp: { host: "10.0.0.9", path: "/main" } });
  assert.deepEqual(keysOf(form({ zh: "Gate", en: "", place: " ", tags: " ，" })), { id: "gate", label: "Gate", rtsp: { host: "10.0.0.9", path: "/main" } });
  assert.deepEqual(endpointOf("rtsp", { host: "h", port: "8554", path: "/a", transport: "udp", tls: true, credential: "cams" }, false), { host: "h", port: 8554, path: "/a", transport: "udp", tls: true, credential: "cams" });
  assert.deepEqual(endpointOf("file", { path: "a.mp4", repeat: false }, false), { path: "a.mp4", repeat: false });
  assert.deepEqual(endpointOf("file", { path: "a.mp4", repeat: true }, false), { path: "a.mp4" });
});

test("fields that make no sense are neither asked for nor sent", () => {
  assert.equal(asked("srt", "host", { mode: "listener" }, false), false);
  assert.deepEqual(endpointOf("srt", { mode: "listener", host: "left over", port: "9000" }, false), { mode: "listener", port: 9000 });
  assert.deepEqual(endpointOf("udp", { host: "239.1.1.1", port: "5000", format: "mpegts", codec: "h264", payload_type: "96" }, false), { host: "239.1.1.1", port: 5000 });
  assert.deepEqual(endpointOf("udp", { host: "239.1.1.1", port: "5000", format: "rtp", codec: "h264" }, false), { host: "239.1.1.1", port: 5000, format: "rtp", codec: "h264" });
});

test("listed streams take the place of the path", () => {
  const streams = [{ name: "main", path: "/1", width: "1920", height: "1080" }, { name: "sub", path: "/2", width: "640", height: "360" }];
  const keys = keysOf(form({ streams }));
  assert.equal("path" in keys.rtsp, false);
  assert.deepEqual(keys.streams, [{ name: "main", path: "/1", size: [1920, 1080] }, { name: "sub", path: "/2", size: [640, 360] }]);
  assert.deepEqual(streamsOf(keys), streams);
  assert.equal("streams" in keysOf(form({ kind: "srt", values: { port: "1" }, streams })), false);
});

test("a source goes into the form and comes back as it was", () => {
  for (const kind of KINDS) {
    const there = Object.fromEntries(FIELDS[kind].map((f) => [f.name, f.type === "flag" ? f.usual !== "on" : f.type === "number" ? 77 : f.type === "choice" ? f.choices.at(-1) : "words"]));
    if (kind === "srt") delete there.host;
    const keys = { id: "a", [kind]: there };
    assert.equal(kindOf(keys), kind);
    assert.deepEqual(endpointOf(kind, valuesOf(kind, keys), false), there, kind);
  }
});

test("a change says what is new, null for what is gone, and nothing of what the form does not know", () => {
  const before = { id: "a", label: "A", tags: ["x"], position: [1, 2], masks: [{}], rtsp: { host: "h", path: "/1" } };
  assert.deepEqual(patchOf(before, { id: "a", label: "B", tags: ["x"], rtsp: { host: "h", path: "/1" } }), { label: "B" });
  assert.deepEqual(patchOf(before, { id: "a", srt: { port: 1 } }), { label: null, tags: null, rtsp: null, srt: { port: 1 } });
  assert.deepEqual(patchOf(before, before), {});
});

test("names, lists, ids and a camera's streams", () => {
  assert.equal(labelOf(" ", ""), undefined);
  assert.equal(labelOf("", "East"), "East");
  assert.deepEqual(listOf("a，b、c d,"), ["a", "b", "c", "d"]);
  assert.equal(freeId("East gate!", "", new Set()), "east-gate");
  assert.equal(freeId("东门", "10.0.0.9", new Set(["camera-10-0-0-9"])), "camera-10-0-0-9-2");
  assert.equal(freeId("", "", new Set()), "camera");
  assert.deepEqual(rowsOf([{ name: "b", path: "/2", width: 640, height: 360 }, { name: "a", path: "/1", width: 1920, height: 1080 }, { name: "?", path: "/3", width: null, height: null }]).map((r) => [r.name, r.path]), [["main", "/1"], ["sub", "/2"]]);
});
