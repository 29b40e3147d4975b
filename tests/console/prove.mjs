// @ts-check
// An operator's morning, driven in Chromium against a running controller, and one JSON line for each thing that was done.
//
//   node prove.mjs --url http://127.0.0.1:8080 --user NAME --password WORD [--search nfhy] [--scene ID] [--pictures DIR]
//                  [--guide DIR] [--event ID] [--only acts|touch|picture|axe|payloads|reconnect|pictures|guide] [--chromium PATH] [--pause]
//                  [--plant axe|words|act|delay|payload|line]
//
// A line is {"proof", "ok", "figure"?, "unit"?, "bar"?, "more"?}. With --pause each act waits for a line on standard input
// afterwards, so that whoever drives this can look at the wall's own pixels in between, or, for `reconnect`, end and start the
// controller. --plant puts a fault in, to show that the proofs can fail: with `act`, what the operator drops on the wall never
// reaches the controller although the page is told so, and only the wall's pixels can tell. It exits with 1 when a line is not ok.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { Console, LOCALES, PAGES, THEMES, browser } from "./console.mjs";
import { payloads } from "./texts.mjs";
import { touch } from "./touch.mjs";

const { values: wanted } = parseArgs({ options: {
  url: { type: "string" }, user: { type: "string" }, password: { type: "string" }, search: { type: "string", default: "nfhy" }, scene: { type: "string" },
  pictures: { type: "string" }, guide: { type: "string" }, only: { type: "string" }, chromium: { type: "string" }, pause: { type: "boolean", default: false }, plant: { type: "string" }, event: { type: "string" },
} });
const { url, user, password } = wanted;
if (!url || !user || !password) { console.error("give --url, --user and --password"); process.exit(2); }

/** What opens a dialog on each page. @type {Record<string, [string, string][]>} */
const OPENERS = { wall: [[".bell", "alarms"], [".toolbar > .button:last-child", "keyboard"]], events: [[".event .event-open", "an event"], [".page-head .button.primary", "a report"]], sources: [[".add-source", "a new source"]], users: [[".page-head .button.primary", "a user"], [".log-head .button", "a token"]] };

const input = wanted.pause ? createInterface({ input: process.stdin })[Symbol.asyncIterator]() : null;
let failed = 0;
/** @param {string} proof @param {boolean} ok @param {Record<string, unknown>} [rest] */
function say(proof, ok, rest = {}) {
  if (!ok) failed += 1;
  console.log(JSON.stringify({ proof, ok, ...rest }));
}
/** Does one thing; what it throws is its failure. @param {string} proof @param {() => Promise<Record<string, unknown>>} work */
async function act(proof, work) {
  const start = performance.now();
  try {
    const more = await work();
    say(proof, true, { figure: Math.round(performance.now() - start), unit: "ms", more });
  } catch (error) {
    say(proof, false, { more: { why: String(error instanceof Error ? error.message : error).slice(0, 600) } });
  }
  if (input) await input.next();
}
/** @param {boolean} good @param {string} why */
const must = (good, why) => { if (!good) throw new Error(why); };
/** @param {string | undefined} part */
const does = (part) => !wanted.only || wanted.only === part;

const chrome = await browser(wanted.chromium);
try {
  if (does("acts")) await acts();
  if (does("picture")) for (const format of ["h264", "jpeg"]) await livePicture(format);
  if (does("axe")) await accessible();
  if (wanted.only === "touch") await touch({ chrome, url, user, password, search: wanted.search ?? "nfhy", act, swallow: wanted.plant === "act" ? swallow : null });
  if (does("payloads")) await payloads({ chrome, url, user, password, plant: wanted.plant === "payload", say });
  if (wanted.only === "reconnect") await reconnect();
  if (wanted.pictures && does("pictures")) await pictures(wanted.pictures);
  if (wanted.guide && does("guide")) await guide(wanted.guide);
} finally {
  await chrome.close();
}
process.exit(failed > 0 ? 1 : 0);

async function acts() {
  const seat = await Console.open(chrome, url ?? "");
  const { page } = seat;
  await act("sign in", async () => { await seat.signIn(user ?? "", password ?? ""); return { user }; });
  await act("a wrong key is refused in words", async () => {
    const other = await Console.open(chrome, url ?? "");
    await other.page.locator("input[name=user]").fill(user ?? "");
    await other.page.locator("input[name=password]").fill("not the password");
    await other.page.locator("button[type=submit]").click();
    const words = await other.page.locator(".fault").filter({ hasText: /\S/ }).innerText();
    await other.page.context().close();
    return { words };
  });
  /** @type {any} */
  let found = null;
  await act("find a camera by pinyin initials", async () => {
    found = await seat.find(wanted.search ?? "nfhy");
    must(found.hits > 0, "nothing found");
    return { query: wanted.search, name: found.name, marked: found.marked, hits: found.hits };
  });
  if (wanted.plant === "act") await swallow(seat);
  let opened = "", source = "";
  await act("drop it on the wall", async () => {
    must(found !== null, "there is nothing to drop");
    const before = await seat.windows();
    const wall = await seat.wall();
    // A place where no window lies, else the middle of the last screen: there the source takes the window's place.
    const free = freeSpot(wall, before.windows);
    const to = await seat.at("air", free.x, free.y);
    const box = await found.row.boundingBox();
    await seat.drag({ x: box.x + box.width / 2, y: box.y + box.height / 2 }, to);
    const after = await seat.until(() => seat.windows(), (w) => w.revision > before.revision && w.windows.some((/** @type {any} */ x) => label(x) === found.name));
    const fresh = after.windows.filter((/** @type {any} */ w) => label(w) === found.name).pop();
    opened = fresh.window;
    source = fresh.source;
    await page.locator(`.sheet.of-air li[data-key="${opened}"]`).waitFor();
    return { window: opened, source, rect: fresh.rect, replaced: before.windows.length === after.windows.length };
  });
  if (wanted.plant === "act") { await page.context().close(); return; }
  const rectOf = (/** @type {any} */ all, /** @type {string} */ window) => all.windows.find((/** @type {any} */ w) => w.window === window)?.rect;
  await act("resize it across screens", async () => {
    must(opened !== "", "no window was opened");
    const wall = await seat.wall();
    await page.locator(`.sheet.of-air li[data-key="${opened}"]`).click({ position: { x: 12, y: 12 } });
    const from = rectOf(await seat.windows(), opened);
    const { x, y, width, height } = from;
    // By the corner that has room: towards the middle of the wall.
    const east = x + width / 2 < wall.canvas.width / 2, south = y + height / 2 < wall.canvas.height / 2;
    const corner = { x: east ? x + width : x, y: south ? y + height : y };
    const goal = { x: corner.x + (east ? 1 : -1) * wall.canvas.width / 4, y: corner.y + (south ? 1 : -1) * Math.min(wall.canvas.height / 4, south ? wall.canvas.height - corner.y : corner.y) };
    await seat.drag(await seat.at("air", corner.x, corner.y), await seat.at("air", goal.x, goal.y));
    const after = await seat.until(() => seat.windows(), (all) => { const rect = rectOf(all, opened); return rect && rect.width > width && rect.height >= height; });
    const rect = rectOf(after, opened);
    const on = wall.screens.filter((/** @type {any} */ s) => overlaps(s.rect, rect)).map((/** @type {any} */ s) => s.screen);
    must(on.length >= 2, `only on ${on}`);
    return { window: opened, source, rect, from, screens: on };
  });
  await act("undo", async () => {
    const now = await seat.windows();
    await page.keyboard.press("Control+z");
    const undone = await seat.until(() => seat.windows(), (w) => w.redo > now.redo);
    return { window: opened, source, rect: rectOf(undone, opened), from: rectOf(now, opened) };
  });
  await act("redo", async () => {
    const now = await seat.windows();
    await page.keyboard.press("Control+Shift+z");
    const again = await seat.until(() => seat.windows(), (w) => w.redo < now.redo);
    return { window: opened, source, rect: rectOf(again, opened), from: rectOf(now, opened) };
  });
  await act("close the window", async () => {
    const now = await seat.windows();
    await page.locator(`.sheet.of-air li[data-key="${opened}"]`).focus();
    await page.keyboard.press("Delete");
    await seat.until(() => seat.windows(), (w) => !rectOf(w, opened));
    return { window: opened, source, from: rectOf(now, opened) };
  });
  /** @type {any} */
  let moved = null;
  await act("move a window with the keys alone", async () => {
    const before = await seat.windows();
    const target = before.windows.find((/** @type {any} */ w) => !w.locked && w.source === "crossing") ?? before.windows.find((/** @type {any} */ w) => !w.locked && w.source && w.rect.x > 40);
    await page.keyboard.press("Escape");
    await page.locator(`.sheet.of-air li[data-key="${target.window}"]`).focus();
    await page.keyboard.press("Space");
    for (let i = 0; i < 5; i += 1) await page.keyboard.press("ArrowLeft");
    const after = await seat.until(() => seat.windows(), (w) => rectOf(w, target.window)?.x < target.rect.x);
    moved = { window: target.window, source: target.source, rect: rectOf(after, target.window), from: target.rect };
    return moved;
  });
  await act("take it back", async () => {
    must(moved !== null, "nothing was moved");
    await page.keyboard.press("Control+z");
    await seat.until(() => seat.windows(), (w) => rectOf(w, moved.window)?.x === moved.from.x);
    return { ...moved, rect: moved.from, from: moved.rect };
  });
  let staged = "";
  await act("stage a scene", async () => {
    const wall = await seat.wall();
    const scene = wanted.scene ?? wall.scenes.find((/** @type {any} */ s) => s.scene !== wall.on_air)?.scene;
    must(!!scene, "there is only one scene");
    await page.locator(`.scene[data-key="${scene}"] .scene-take`).click();
    await seat.until(() => seat.wall(), (w) => w.staged === scene);
    must((await seat.wall()).on_air === wall.on_air, "staging has changed what is on air");
    staged = scene;
    return { scene };
  });
  await act("take the scene", async () => {
    await page.locator(".button.take").click();
    await seat.until(() => seat.wall(), (w) => w.on_air === staged && !w.staged);
    return { scene: staged };
  });
  await act("acknowledge an alarm", async () => {
    const before = await seat.until(() => seat.api("/v1/alarms"), (all) => all.some((/** @type {any} */ a) => a.acknowledge), 30000);
    await page.locator(".bell").click();
    const item = page.locator("dialog .alarm").filter({ has: page.locator("button") }).first();
    const words = await item.locator(".alarm-words").innerText();
    const id = await item.getAttribute("data-key");
    await item.locator("button").click();
    await seat.until(() => seat.api("/v1/alarms"), (all) => !all.some((/** @type {any} */ a) => String(a.id) === id));
    await page.keyboard.press("Escape");
    return { id, words, before: before.length };
  });
  await act("close an event", async () => {
    await seat.go("events");
    const meant = (/** @type {any} */ e) => e.state !== "closed" && (!wanted.event || e.id === wanted.event);
    const event = (await seat.until(() => seat.api("/v1/events?limit=1000"), (all) => all.some(meant), 30000)).find(meant);
    await page.locator(`.event[data-key="${event.id}"] .event-open`).click();
    await page.locator("dialog .do-closed").click();
    await seat.until(() => seat.api("/v1/events?limit=1000"), (all) => all.find((/** @type {any} */ e) => e.id === event.id)?.state === "closed");
    await page.keyboard.press("Escape");
    return { event: event.id, title: event.title };
  });
  await act("sign out", async () => {
    await seat.signOut();
    const status = await page.evaluate(async () => (await fetch("/v1/walls")).status);
    must(status === 401, `the session still opens /v1/walls: ${status}`);
    return { status };
  });
  say("the page itself has nothing to complain of", seat.complaints.length === 0, { figure: seat.complaints.length, bar: 0, more: seat.complaints.slice(0, 5) });
  await page.context().close();
}

/** What the operator puts on the wall is answered as if it had been done, and never reaches the controller. @param {Console} seat */
async function swallow(seat) {
  /** @type {any} */
  let told = null;
  await seat.page.route(/\/v1\/walls\/[^/]+\/windows(\?|\/|$)/, async (route) => {
    const request = route.request();
    if (request.method() === "GET") { await (told ? route.fulfill({ json: told }) : route.continue()); return; }
    const { source, rect } = request.postDataJSON();
    const [path = "", window = ""] = new URL(request.url()).pathname.split("/windows");
    const now = await (await seat.page.request.get(`${url}${path}/windows?of=air`)).json();
    const known = await (await seat.page.request.get(`${url}/v1/sources?limit=1000`)).json();
    const { label } = known.find((/** @type {any} */ s) => s.source === source);
    // Put on a window, it shows something else; put where none is, there is another one.
    const windows = window
      ? now.windows.map((/** @type {any} */ w) => (`/${w.window}` === window ? { ...w, source, label, crop: null } : w))
      : [...now.windows, { window: "o99", kind: "source", source, label, rect, z: 99, locked: false }];
    told = { ...now, revision: now.revision + 1, windows };
    await route.fulfill({ json: told });
  });
}

/** From the composed frame to the drawn one: half of the newest two hundred pictures, after quiet seconds. */
async function livePicture(/** @type {string} */ format) {
  const seat = await Console.open(chrome, url ?? "");
  const { page } = seat;
  // What a page on plain HTTP from another machine is like: it has no decoder of its own.
  if (format === "jpeg") { await page.addInitScript(() => { Reflect.deleteProperty(window, "VideoDecoder"); }); await page.reload(); }
  // Everything comes a fifth of a second late.
  if (wanted.plant === "delay") await page.routeWebSocket(/\/preview/, (socket) => { const server = socket.connectToServer(); server.onMessage((message) => { setTimeout(() => socket.send(message), 200); }); });
  await seat.signIn(user ?? "", password ?? "");
  const canvas = page.locator(".sheet.of-air canvas");
  await act(`live picture (${format})`, async () => {
    await seat.until(() => canvas.getAttribute("data-drawn"), (n) => Number(n) > 30, 15000);
    const is = await canvas.getAttribute("data-format");
    must(is === format, `it comes as ${is}`);
    return { drawn: Number(await canvas.getAttribute("data-drawn")) };
  });
  const drawn = Number(await canvas.getAttribute("data-drawn"));
  await page.waitForTimeout(15000);
  const age = Number(await canvas.getAttribute("data-age"));
  say("live picture, from composed to drawn, p50", age >= 0 && age <= 150, { figure: age, unit: "ms", bar: 150, more: { format: await canvas.getAttribute("data-format"), drawn: Number(await canvas.getAttribute("data-drawn")) - drawn, seconds: 15 } });
  await page.context().close();
}

/** The controller goes away and comes back; whoever drives this ends and starts it between the lines. */
async function reconnect() {
  if (!input) { say("reconnect", false, { more: { why: "needs --pause" } }); return; }
  const seat = await Console.open(chrome, url ?? "");
  const { page } = seat;
  const drawn = async () => Number(await page.locator(".sheet.of-air canvas").getAttribute("data-drawn"));
  // The planted fault: the page's line stays cut although the controller is back.
  let cut = false;
  if (wanted.plant === "line") {
    await page.routeWebSocket(/\/v1\//, (socket) => { if (cut) void socket.close(); else socket.connectToServer(); });
    await page.route(/\/v1\//, (route) => (cut ? route.abort() : route.continue()).catch(() => undefined));
  }
  await act("a picture before", async () => { await seat.signIn(user ?? "", password ?? ""); await seat.until(drawn, (n) => n > 5, 20000); return { drawn: await drawn() }; });
  let before = 0;
  await act("the console says that the line is down", async () => { await page.locator(".line-lost:not([hidden])").waitFor({ timeout: 20000 }); before = await drawn(); cut = wanted.plant === "line"; return { words: await page.locator(".line-lost").innerText() }; });
  await act("it comes back by itself", async () => {
    await page.locator(".line-lost").waitFor({ state: "hidden", timeout: 30000 });
    await seat.until(drawn, (n) => n > before, 20000);
    const session = await seat.api("/v1/session");
    must(session.user === user, `the session is ${JSON.stringify(session)}`);
    return { drawn: (await drawn()) - before, user: session.user };
  });
  await page.context().close();
}

async function accessible() {
  // A planted fault need not be found on every page.
  const [locales, themes] = wanted.plant ? [LOCALES.slice(0, 1), THEMES.slice(0, 1)] : [LOCALES, THEMES];
  for (const locale of locales) for (const theme of themes) {
    const seat = await Console.open(chrome, url ?? "", { width: 1180, height: 820 });
    await seat.look(locale, theme);
    await report(seat, `sign-in, ${locale}, ${theme}`);
    await setUpPage(locale, theme);
    await seat.signIn(user ?? "", password ?? "");
    for (const name of PAGES) {
      if ((await seat.page.locator(`.nav-link[data-page=${name}]`).count()) === 0) continue;
      await seat.go(name);
      await seat.page.waitForTimeout(400);
      if (wanted.plant === "axe") await seat.page.evaluate(() => { const b = document.createElement("button"); document.querySelector("main")?.append(b); });
      await report(seat, `${name}, ${locale}, ${theme}`);
      if (wanted.plant === "words") await seat.page.evaluate(() => { document.querySelector("main")?.append("no.such.key"); });
      const loose = await looseKeys(seat);
      say(`words: ${name}, ${locale}, ${theme}`, loose.length === 0, { figure: loose.length, bar: 0, more: loose });
      for (const [opener, what] of OPENERS[name] ?? []) {
        if ((await seat.page.locator(opener).count()) === 0) continue;
        await seat.page.locator(opener).first().click();
        await seat.page.locator("dialog[open]").waitFor();
        await seat.page.waitForTimeout(250);
        await report(seat, `${what}, ${locale}, ${theme}`);
        await seat.page.keyboard.press("Escape");
        await seat.page.locator("dialog").waitFor({ state: "detached" });
      }
      if (name === "wall") await cropDialog(seat, `${locale}, ${theme}`);
    }
    await menuAndLock(seat, `${locale}, ${theme}`);
    await seat.signOut();
    await seat.page.context().close();
  }
}
/** The first start's page: it stands before anybody has looked at its token. @param {string} locale @param {string} theme */
async function setUpPage(locale, theme) {
  const seat = await Console.open(chrome, `${url}/#/setup?token=none`, { width: 1180, height: 820 });
  await seat.look(locale, theme);
  await seat.page.locator("input[name=twice]").waitFor();
  await report(seat, `first start, ${locale}, ${theme}`);
  await seat.page.context().close();
}
/** @param {Console} seat @param {string} look */
async function cropDialog(seat, look) {
  const { windows } = await seat.windows();
  const camera = windows.find((/** @type {any} */ w) => w.source && !w.locked);
  if (!camera) { say(`axe: crop, ${look}`, false, { more: { why: "no window can be cropped" } }); return; }
  await seat.page.locator(`.sheet.of-air li[data-key="${camera.window}"]`).focus();
  await seat.page.keyboard.press("Space");
  await seat.page.keyboard.press("c");
  await seat.page.locator("dialog[open] .crop-sheet").waitFor();
  await seat.page.waitForTimeout(250);
  await report(seat, `crop, ${look}`);
  await seat.page.keyboard.press("Escape");
  await seat.page.locator("dialog").waitFor({ state: "detached" });
}
/** The user's menu, and the console that is locked from it. @param {Console} seat @param {string} look */
async function menuAndLock(seat, look) {
  await seat.page.locator(".button.user").click();
  await seat.page.locator(".menu:not([hidden])").waitFor();
  await report(seat, `the user's menu, ${look}`);
  // Password, lock, sign out.
  await seat.page.locator(".menu .button").nth(1).click();
  await seat.page.locator(".gate input[name=password]").waitFor();
  await report(seat, `locked, ${look}`);
  await seat.page.locator(".gate input[name=password]").fill(password ?? "");
  await seat.page.locator(".gate button[type=submit]").click();
  await seat.page.locator(".nav").waitFor();
}
/** @param {Console} seat @param {string} name */
async function report(seat, name) {
  const { serious, lesser } = await seat.axe();
  say(`axe: ${name}`, serious.length === 0, { figure: serious.length, unit: "serious", bar: 0, more: { serious, lesser: lesser.map((v) => v.rule) } });
}
/** Keys that are shown for want of words, and what a script says where it knows nothing. @param {Console} seat @returns {Promise<string[]>} */
function looseKeys(seat) {
  return seat.page.evaluate(() => {
  const texts = (document.body.innerText.match(/\b[a-z]+(\.[a-z-]+)+\b/g) ?? []);
  const nothing = (document.body.innerText.match(/\b(undefined|NaN|null)\b|\[object Object\]/g) ?? []);
  const known = [...document.querySelectorAll("td, code, .path, .mono, .source-name, .log-words, .alarm-words, .person, option, .why")].map((e) => e.textContent ?? "").join(" ");
  return [...new Set(texts)].filter((text) => !known.includes(text)).concat(nothing.slice(0, 3));
  });
}

/** @param {string} into */
async function pictures(into) {
  mkdirSync(into, { recursive: true });
  // All of them on a tablet; on desks, up to 4K, Chinese and dark, and English and light.
  for (const [width, height] of [[1180, 820], [1920, 1080], [3840, 2160]]) for (const [l, locale] of LOCALES.entries()) for (const [n, theme] of THEMES.entries()) {
    if (width !== 1180 && l !== n) continue;
    const seat = await Console.open(chrome, url ?? "", { width: width ?? 0, height: height ?? 0 });
    await seat.look(locale, theme);
    const file = (/** @type {string} */ name) => join(into, `${name}-${locale}-${theme}-${width}.png`);
    await seat.page.screenshot({ path: file("sign-in") });
    await seat.signIn(user ?? "", password ?? "");
    for (const name of PAGES) {
      if ((await seat.page.locator(`.nav-link[data-page=${name}]`).count()) === 0) continue;
      await seat.go(name);
      await seat.page.waitForTimeout(name === "health" ? 4500 : 1500);
      await seat.page.screenshot({ path: file(name) });
      if (name === "wall") await wallPictures(seat, file);
      if (name === "events") await eventPicture(seat, file);
    }
    await seat.signOut();
    await seat.page.context().close();
  }
  say("pictures", true, { more: { into } });
}
/** The operator's guide's own pictures, in both languages. @param {string} into */
async function guide(into) {
  mkdirSync(into, { recursive: true });
  for (const locale of LOCALES) {
    const seat = await Console.open(chrome, url ?? "", { width: 1600, height: 900 });
    await seat.look(locale, "dark");
    const file = (/** @type {string} */ name) => join(into, `${name}-${locale}.png`);
    await seat.signIn(user ?? "", password ?? "");
    await seat.page.waitForTimeout(2500);
    await seat.page.screenshot({ path: file("wall") });
    await wallPictures(seat, file);
    for (const name of /** @type {const} */ (["sources", "events", "health", "rules"])) {
      await seat.go(name);
      await seat.page.waitForTimeout(name === "health" ? 6000 : 1500);
      await seat.page.screenshot({ path: file(name) });
    }
    await seat.signOut();
    await seat.page.context().close();
  }
  say("guide", true, { more: { into } });
}
/** @param {Console} seat @param {(name: string) => string} file */
async function wallPictures(seat, file) {
  const wall = await seat.wall();
  const scene = wall.scenes.find((/** @type {any} */ s) => s.scene !== wall.on_air)?.scene;
  if (scene) await seat.page.locator(`.scene[data-key="${scene}"] .scene-take`).click();
  const { windows } = await seat.windows();
  const last = windows[windows.length - 1];
  await seat.page.waitForTimeout(900);
  if (last) await seat.page.locator(`.sheet.of-air li[data-key="${last.window}"]`).click({ position: { x: 10, y: 10 } });
  await seat.page.locator("#source-search").fill(wanted.search ?? "nfhy");
  await seat.page.waitForTimeout(500);
  await seat.page.screenshot({ path: file("wall-editing") });
  await seat.page.locator(".bell").click();
  await seat.page.waitForTimeout(300);
  await seat.page.screenshot({ path: file("alarms") });
  await seat.page.keyboard.press("Escape");
  await seat.page.keyboard.press("Escape");
  await seat.page.locator("#source-search").fill("");
  await seat.api(`/v1/walls/${encodeURIComponent(wall.wall)}/stage`, "POST", { scene: null });
}
/** @param {Console} seat @param {(name: string) => string} file */
async function eventPicture(seat, file) {
  const first = seat.page.locator(".event .event-open").first();
  if ((await first.count()) === 0) return;
  await first.click();
  await seat.page.waitForTimeout(300);
  await seat.page.screenshot({ path: file("event") });
  await seat.page.keyboard.press("Escape");
}

/** @param {any} w */
function label(w) { return w.label?.zh; }
/** @param {any} a @param {any} b */
function overlaps(a, b) { return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height; }
/** @param {any} wall @param {any[]} windows */
function freeSpot(wall, windows) {
  for (let y = 60; y < wall.canvas.height; y += 40) for (let x = 60; x < wall.canvas.width; x += 40) {
    const inScreen = wall.screens.some((/** @type {any} */ s) => overlaps(s.rect, { x, y, width: 1, height: 1 }));
    if (inScreen && !windows.some((w) => overlaps(w.rect, { x: x - 10, y: y - 10, width: 20, height: 20 }))) return { x, y };
  }
  const { rect } = wall.screens[wall.screens.length - 1];
  return { x: rect.x + rect.width / 2, y: rect.y + rect.height / 2 };
}
