// Searching, places, times, edits, events, lines over time, pictures.
import assert from "node:assert/strict";
import { test } from "node:test";
import { waitMs } from "../../../controller/web/js/backoff.js";
import { applied } from "../../../controller/web/js/edits.js";
import { Refused } from "../../../controller/web/js/api.js";
import { EVENT_STATES, columns, lonLatOf, stepsFrom, titleOf } from "../../../controller/web/js/events-board.js";
import { use } from "../../../controller/web/js/i18n.js";
import { onMap } from "../../../controller/web/js/place-map.js";
import { remedyOf } from "../../../controller/web/js/wall/model.js";
import { age, clock, dateTime, dueState, grouped, micros, timeOfDay } from "../../../controller/web/js/format.js";
import { fits, highlight } from "../../../controller/web/js/search.js";
import { Series, packed, pathOf, roundUp, unpack } from "../../../controller/web/js/series.js";
import { kindOf, turnPath } from "../../../controller/web/js/rule-lines.js";
import { namedPath, nearestTo, placeNames, placeTree, within } from "../../../controller/web/js/tree.js";
import { codecOf } from "../../../controller/web/js/wall/film.js";
import { parsePicture } from "../../../controller/web/js/wall/picture.js";

const hits = (pieces) => pieces.filter((p) => p.hit).map((p) => p.text);

test("pinyin initials mark the letters that they stand for", () => {
  assert.deepEqual(hits(highlight("南风花园 东门", "nfhy", "nfhydm")), ["南风花园"]);
  assert.deepEqual(hits(highlight("南风花园 东门", "dm", "nfhydm")), ["东门"]);
  assert.deepEqual(hits(highlight("南风花园 东门", "HYDM", "nfhydm")), ["花园 东门"]);
  assert.deepEqual(hits(highlight("南风花园 东门", "xyz", "nfhydm")), []);
  assert.deepEqual(hits(highlight("南风花园 东门", "nf", "wrong")), [], "initials of another length mark nothing");
});

test("letters are found whatever their case or width, and marking never changes the text", () => {
  assert.deepEqual(hits(highlight("Nanfeng Garden", "garden")), ["Garden"]);
  for (const query of ["", " ", "南", "风花", "nf", "(", "\\", "<b>"]) {
    for (const text of ["南风花园 东门", "Nanfeng (east) <b>", "①号楼", ""]) assert.equal(highlight(text, query, "nfhydm").map((p) => p.text).join(""), text);
  }
});

const source = (id, place, state = "live", tags = []) => ({ source: id, label: { zh: id, en: id }, place, tags, kind: "rtsp", state, initials: "nfhydm" });
const sources = [source("a", ["湖区", "许庄", "南风", "03"]), source("b", ["湖区", "许庄", "南风", "04"], "lost"), source("c", ["湖区", "石桥", "石桥", "11"], "live", ["market"]), source("d", [])];

test("sources are counted in every place above them", () => {
  const root = placeTree(sources);
  assert.equal(root.count, 4);
  assert.equal(root.live, 3);
  assert.equal(root.sources.length, 1, "a source without a place is at the root");
  const district = root.children[0];
  assert.equal(district.count, 3);
  assert.deepEqual(district.children.map((c) => [c.key, c.count, c.live]), [["湖区/许庄", 2, 1], ["湖区/石桥", 1, 1]]);
  assert.deepEqual(within(sources, "湖区/许庄").map((s) => s.source), ["a", "b"]);
  assert.deepEqual(within(sources, "湖区/许").map((s) => s.source), [], "a part of a name is no place");
});

test("the cameras nearest to an event share most of its place, live ones first", () => {
  assert.deepEqual(nearestTo(sources, "湖区/许庄/南风/04", 3).map((s) => s.source), ["b", "a"]);
  assert.deepEqual(nearestTo(sources, "湖区/许庄/别处/01", 3).map((s) => s.source), ["a", "b"]);
  assert.deepEqual(nearestTo(sources, "山区/x/y/z", 3), []);
  assert.deepEqual(nearestTo(sources, "", 3), []);
  const known = { ...sources[2], path: "lake/shiqiao/shiqiao/11" };
  assert.deepEqual(nearestTo([known, sources[0]], "lake/shiqiao/other/02", 3).map((s) => s.source), ["c"], "by the grid's own names");
});

test("a path of the grid is said with the names that the sources know", () => {
  const names = placeNames([{ ...sources[0], path: "lake/xuzhuang/nanfeng/03" }]);
  assert.deepEqual(namedPath("lake/xuzhuang/elsewhere/09", names), ["湖区", "许庄", "elsewhere", "09"]);
  assert.deepEqual(namedPath("", names), [""]);
});

test("a list that is here already is searched by name, tag and initials", () => {
  assert.ok(fits(sources[2], "market") && fits(sources[0], "nfhy") && fits(sources[0], " A ") && !fits(sources[0], "zzz"));
});

test("times are the hall's, durations are clocks, ages have their unit", () => {
  const noon = 1_795_003_200_500_000_000;
  assert.equal(timeOfDay(noon, 0), "12:00:00");
  assert.equal(timeOfDay(noon, 8 * 3600), "20:00:00");
  assert.equal(timeOfDay(noon, -12 * 3600 - 1), "23:59:59");
  assert.equal(dateTime(0, 8 * 3600), "1970-01-01 08:00:00");
  assert.equal(clock(130), "02:10");
  assert.equal(clock(-5), "00:00");
  assert.equal(clock(3730), "1:02:10");
  assert.deepEqual([age(999), age(8000), age(120e3), age(7200e3), age(2 * 86400e3)].map((a) => `${a.n}${a.unit}`), ["999ms", "8s", "2min", "2h", "2d"]);
  assert.equal(grouped(170800), "170,800");
  assert.deepEqual([micros(89), micros(2500), micros(20000), micros(3.5e6)], ["89 µs", "2.50 ms", "20.0 ms", "3.50 s"]);
});

test("an event is in time below 70 per cent, due soon until its time, late after", () => {
  const s = 1e9;
  assert.equal(dueState(0, 600 * s, 419 * s).tone, "ok");
  assert.equal(dueState(0, 600 * s, 421 * s).tone, "warn");
  assert.equal(dueState(0, 600 * s, 600 * s).tone, "danger");
  assert.equal(dueState(0, 600 * s, 696 * s).left_s, -96);
  assert.equal(dueState(5, 5, 5).tone, "danger", "no time at all is no time left");
});

test("events go one step ahead or to closed, as the ledger has it", () => {
  assert.deepEqual(EVENT_STATES.map(stepsFrom), [["verified", "closed"], ["dispatched", "closed"], ["handled", "closed"], ["closed"], []]);
  assert.deepEqual(stepsFrom("nonsense"), []);
  const board = columns([{ id: "1", state: "reported", due: 20, reported: 1, severity: 1 }, { id: "2", state: "reported", due: 10, reported: 2, severity: 1 }, { id: "3", state: "closed", due: 1, reported: 3, severity: 1 }, { id: "4", state: "closed", due: 1, reported: 9, severity: 1 }]);
  assert.deepEqual(board.reported.map((e) => e.id), ["2", "1"]);
  assert.deepEqual(board.closed.map((e) => e.id), ["4", "3"]);
});

const wall = { canvas: { width: 2000, height: 1000 }, screens: [] };
const win = (window, z, x) => ({ window, z, kind: "source", source: window, label: { zh: window, en: window }, rect: { x, y: 0, width: 100, height: 100 }, locked: false });
const windows = [win("a", 1, 0), win("b", 5, 200)];

test("an edit shows at once what the controller will make of it", () => {
  const at = (list, id) => list.find((w) => w.window === id);
  assert.deepEqual(applied(windows, { do: "close", window: "a" }, wall).map((w) => w.window), ["b"]);
  assert.equal(at(applied(windows, { do: "patch", window: "a", raise: true }, wall), "a").z, 6);
  assert.ok(at(applied(windows, { do: "patch", window: "b", lower: true }, wall), "b").z < 1);
  assert.deepEqual(at(applied(windows, { do: "patch", window: "a", full_screen: true }, wall), "a").rect, { x: 0, y: 0, width: 2000, height: 1000 });
  const swapped = applied(windows, { do: "swap", a: "a", b: "b" }, wall);
  assert.deepEqual([at(swapped, "a").source, at(swapped, "b").source], ["b", "a"], "what they show changes places");
  assert.deepEqual([at(swapped, "a").rect.x, at(swapped, "b").rect.x, at(swapped, "b").z], [0, 200, 5], "where they are, stays");
  const opened = applied(windows, { do: "open", source: "c", label: { zh: "c", en: "c" }, rect: { x: 1.4, y: 2.6, width: 10, height: 10 } }, wall);
  assert.equal(opened.length, 3);
  assert.deepEqual(opened[2].rect, { x: 1, y: 3, width: 10, height: 10 });
  assert.ok(opened[2].z > 5);
  assert.deepEqual(windows.map((w) => w.rect.x), [0, 200], "what is known is left as it is");
});

test("what a node cannot decode is offered again as the controller says, and nothing else is", () => {
  const offered = { remedy: "sub-streams", windows: ["a", "b"] };
  assert.deepEqual(remedyOf(new Refused(422, "over_budget", "", { over: [], remedy: offered })), offered);
  assert.equal(remedyOf(new Refused(422, "over_budget", "", { over: [] })), null);
  assert.equal(remedyOf(new Refused(409, "conflict", "", { remedy: offered })), null);
  assert.equal(remedyOf(new Error("offline")), null);
});

test("an event's title is that of the language, where it has two", () => {
  const event = { title: "占道", title_en: "Blocked" };
  use("en", {});
  assert.deepEqual([titleOf(event), titleOf({ title: "占道", title_en: "" }), titleOf({ title: "占道" })], ["Blocked", "占道", "占道"]);
  use("zh-CN", {});
  assert.equal(titleOf(event), "占道");
});

test("a place lies on its map where it lies on the ground", () => {
  const bounds = [10, 20, 12, 22], size = { width: 200, height: 100 };
  assert.deepEqual(onMap(bounds, [11, 21], size), { x: 100, y: 50 });
  assert.deepEqual(onMap(bounds, [10, 21.5], size), { x: 0, y: 0 });
});

test("waiting doubles, has an end, and is spread", () => {
  assert.deepEqual([0, 1, 2, 3].map((n) => waitMs(n, 1)), [250, 500, 1000, 2000]);
  assert.equal(waitMs(50, 1), 4000);
  assert.equal(waitMs(50, 0), 2000);
});

test("series forget, gaps stay gaps, scales are round", () => {
  const series = new Series(1000);
  for (let t = 0; t <= 3000; t += 100) series.add(t, t);
  assert.equal(series.points[0].t, 2000);
  assert.equal(series.last, 3000);
  assert.deepEqual([0, 0.3, 1, 18, 21, 700].map(roundUp), [1, 0.5, 1, 20, 50, 1000]);
  assert.equal(pathOf([{ t: 0, v: 0 }, { t: 5, v: null }, { t: 10, v: 10 }], { from: 0, to: 10, top: 10 }, { width: 100, height: 50 }), "M0.0 50.0M100.0 0.0");
});

const message = (header, body = [0xff, 0xd8]) => {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(4 + text.length + body.length);
  new DataView(bytes.buffer).setUint32(0, text.length);
  bytes.set(text, 4);
  bytes.set(body, 4 + text.length);
  return bytes.buffer;
};
test("what a decoder is told stands in the stream", () => {
  const unit = (...nal) => new Uint8Array([0, 0, 0, 1, 9, 0x10, 0, 0, 0, 1, ...nal, 0xe8, 0]);
  assert.equal(codecOf(unit(0x67, 0x4d, 0x40, 0x1e)), "avc1.4D401E");
  assert.equal(codecOf(unit(0x65, 0x4d, 0x40, 0x1e)), null);
  assert.equal(codecOf(new Uint8Array([0, 0, 1, 0x67, 0x42])), null, "cut off");
});

test("a picture message is taken apart, and a wrong one is left", () => {
  const good = JSON.stringify({ screen: "a1", rect: { x: 0, y: 0, width: 10, height: 10 }, captured_ms: 1, sent_ms: 2, tick: 3, format: "jpeg" });
  const parsed = parsePicture(message(good));
  assert.equal(parsed.header.screen, "a1");
  assert.deepEqual([...parsed.coded], [0xff, 0xd8]);
  const film = good.replace('"jpeg"', '"h264","key":true');
  assert.equal(parsePicture(message(film)).header.key, true);
  assert.equal(parsePicture(message(film.replace(',"key":true', ""))), null, "whether it leans on others is said");
  for (const wrong of ["{", "null", "{}", good.replace("jpeg", "png"), good.replace('"width":10', '"width":0'), good.replace('"x":0', '"x":null'), good.padEnd(5000)]) assert.equal(parsePicture(message(wrong)), null, wrong.slice(0, 60));
  assert.equal(parsePicture(new ArrayBuffer(3)), null);
  assert.equal(parsePicture(message(good, [])), null);
});

test("rules, schedules and tours are paused each at its own address", () => {
  const line = (kind, paused) => ({ rule: "morning", kind, paused });
  const path = (one) => turnPath(kindOf(one), one.rule, one.paused);
  assert.equal(path(line("schedule", false)), "/v1/schedules/morning/pause");
  assert.equal(path(line("schedule", true)), "/v1/schedules/morning/resume");
  assert.equal(path(line("rule", false)), "/v1/rules/morning/pause");
  assert.equal(path(line(undefined, true)), "/v1/rules/morning/resume", "a rule of which only the log speaks");
  assert.equal(turnPath("tours", "a/b", false), "/v1/tours/a%2Fb/pause");
});

test("figures are kept over a reload, as far as they are young enough and are figures", () => {
  const series = new Series(1000);
  series.add(100, 1); series.add(900, null); series.add(1000, 3);
  const back = new Map();
  unpack(back, packed(new Map([["main", series]])), 1000, 1500);
  assert.deepEqual([...back.keys()], ["main"]);
  assert.deepEqual(back.get("main").points, [{ t: 900, v: null }, { t: 1000, v: 3 }]);
  back.get("main").add(1600, 4);
  assert.equal(back.get("main").last, 4);
  const none = new Map();
  for (const text of [null, "", "{", "{}", "[1]", '[["a"]]', '[["a",[null,{"t":"x","v":1},{"t":1400}]]]', '[["a",[{"t":9999,"v":1}]]]']) unpack(none, text, 1000, 1500);
  assert.equal(none.size, 0);
});

test("the position of a report is read as people write it, and what is no place on earth is refused", () => {
  for (const text of ["116.59, 35.41", "116.59,35.41", " 116.59 35.41 ", "116.59，35.41"]) assert.deepEqual(lonLatOf(text), [116.59, 35.41], text);
  assert.deepEqual(lonLatOf("-180, -90"), [-180, -90]);
  assert.equal(lonLatOf("  "), null);
  for (const text of ["116.59", "116.59, ", ", 35.41", "35.41, 116.59", "181, 0", "a, b", "1, 2, 3", "NaN, 1", "Infinity, 1"]) assert.equal(lonLatOf(text), undefined, text);
});
