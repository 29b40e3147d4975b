// @ts-check
// Texts that would act as scripts, in every text field that reaches a page: what people type, what is kept of them, what other
// people's consoles say, and what cameras and nodes answer.
import { Console, LOCALES, PAGES } from "./console.mjs";
import { cameras } from "./cameras.mjs";
import { PAYLOADS } from "./payloads.mjs";

const KEY = "nine-cold-stones-in-june";
/** As long as each field takes. */
const TITLE = 200, LABEL = 100, NAME = 60, TAG = 60, WORD = 64;
/** A planted fault is seen with fewer of them. */
const PLANTED = 6;
const LEAST = 60;

/**
 * @param {{ chrome: import("playwright-core").Browser, url: string, user: string, password: string, plant: boolean,
 *   say: (proof: string, ok: boolean, rest?: Record<string, unknown>) => void }} given
 */
export async function payloads({ chrome, url, user, password, plant, say }) {
  const seat = await Console.open(chrome, url, { width: 1180, height: 820 });
  const run = new Run(seat, plant ? PAYLOADS.slice(0, PLANTED) : PAYLOADS);
  await run.type(user, password);
  await run.keep();
  if (plant) await seat.page.evaluate((markup) => { const box = document.createElement("div"); box.innerHTML = markup; document.querySelector("main")?.append(box); }, "<img src=x onerror=window.ran=1>");
  await run.look("planted, where asked for");
  if (!plant) await run.others(chrome, url);
  for (const locale of plant ? LOCALES.slice(0, 1) : LOCALES) await run.pages(locale);
  if (!plant) {
    await run.network();
    await run.probes();
  }
  await run.answers();
  await run.events();
  say("no text acts as a script", run.ran.length === 0, { figure: run.ran.length, bar: 0, more: { payloads: run.texts.length, ran: run.ran.slice(0, 20) } });
  // What is not let in cannot act; what is must be most of them, else nothing was tried.
  const few = Object.entries(run.reached).filter(([, n]) => n < Math.min(LEAST, run.texts.length)).map(([field]) => field);
  if (!plant) say("each text field was reached", few.length === 0, { figure: Object.keys(run.reached).length, unit: "fields", more: { least: LEAST, few, reached: run.reached } });
  say("the page's policy was never tried", seat.complaints.length === 0, { figure: seat.complaints.length, bar: 0, more: seat.complaints.slice(0, 5) });
  await seat.page.context().close();
}

class Run {
  /** @param {Console} seat @param {string[]} texts */
  constructor(seat, texts) {
    this.seat = seat;
    this.page = seat.page;
    this.texts = texts;
    this.stamp = Date.now().toString(36);
    /** @type {{ text: string, where: string }[]} */
    this.ran = [];
    /** How many texts each field took. @type {Record<string, number>} */
    this.reached = {};
    this.current = "all of them";
  }
  /** @param {string} field */
  count(field, more = 1) { this.reached[field] = (this.reached[field] ?? 0) + more; }

  /** Whether one of them has acted. @param {string} where */
  async look(where) {
    const found = await this.page.evaluate(() => { const was = /** @type {any} */ (window).ran === 1; /** @type {any} */ (window).ran = 0; return was || document.querySelector("main script, main iframe, main [onerror], main [onload], main [onfocus], main img[src=x], dialog script, dialog iframe, dialog [onerror], dialog [onload], dialog [onfocus], dialog img[src=x], header script, header [onerror]") !== null; });
    if (found) this.ran.push({ text: this.current, where });
  }
  /** The first of these bodies that is taken; each field that it has is counted. @param {string} method @param {string} path @param {{ body: Record<string, unknown>, fields: string[] }[]} tries */
  async send(method, path, tries) {
    for (const { body, fields } of tries) {
      const taken = await this.seat.api(path, method, body).then(() => true, () => false);
      if (taken) { for (const field of fields) this.count(field); return true; }
    }
    return false;
  }

  /** What is typed: before and behind the door. @param {string} user @param {string} password */
  async type(user, password) {
    for (const text of this.texts) { this.current = text; await this.page.locator("input[name=user]").fill(text); this.count("sign-in"); }
    await this.look("sign-in");
    await this.seat.signIn(user, password);
    for (const text of this.texts) { this.current = text; await this.page.locator("#source-search").fill(text); this.count("search"); }
    await this.page.waitForTimeout(400);
    await this.look("search");
    await this.page.locator("#source-search").fill("");
  }

  /** What is kept, and shown to everybody. */
  async keep() {
    this.current = "all of them";
    for (const [i, text] of this.texts.entries()) {
      const title = text.slice(0, TITLE), name = text.slice(0, NAME), label = text.slice(0, LABEL), tag = text.slice(0, TAG);
      const id = `payload-${this.stamp}-${i}`;
      const event = { id, title, title_en: title, place: title, kind: title, domain: title, network: title, severity: 1 };
      const of = ["event title", "event title_en", "event place", "event kind", "event domain", "event network"];
      await this.send("POST", "/v1/events", [{ body: { ...event, photo: title }, fields: [...of, "event photo"] }, { body: event, fields: of }]);
      await this.send("POST", `/v1/events/${id}/state`, [{ body: { state: "verified", by: name }, fields: ["step by"] }]);
      await this.send("POST", "/v1/tokens", [{ body: { name, roles: ["viewer"], days: 1 }, fields: ["token name"] }]);
      await this.send("POST", "/v1/users", [{ body: { user: `p-${this.stamp}-${i}`, name, password: KEY, roles: ["viewer"] }, fields: ["user name"] }]);
      const source = { id, label: { zh: label, en: label }, rtsp: { host: "10.255.255.1", path: "/x" } };
      // The grid takes letters and digits only: none of these is a place, and each is refused.
      const placed = await this.seat.api("/v1/sources", "POST", { ...source, id: `${id}-placed`, place: tag }).then(() => true, () => false);
      if (!placed) this.count("source place, refused");
      await this.send("POST", "/v1/sources", [{ body: { ...source, tags: [tag] }, fields: ["source label", "source tag"] }]);
    }
  }

  /** Other people at their consoles: what they are called, which page they say they are at, what is in their hands. @param {import("playwright-core").Browser} chrome @param {string} url */
  async others(chrome, url) {
    await this.seat.go("wall");
    const wall = await this.seat.wall();
    const { windows } = await this.seat.windows();
    const guest = await Console.open(chrome, url, { width: 1180, height: 820 });
    for (const [i, text] of this.texts.entries()) {
      this.current = text;
      const said = { user: `p-${this.stamp}-${i}`, password: KEY, page: text.slice(0, WORD), hand: { mark: text.slice(0, WORD), wall: wall.wall, scene: wall.on_air, windows: [windows[0]?.window ?? "w1", text.slice(0, WORD)] } };
      const there = await guest.page.evaluate(speak, said).catch(() => false);
      if (!there) continue;
      // Whoever is there is drawn a moment later.
      await this.page.waitForTimeout(60);
      this.count("watch page");
      this.count("watch hand");
      await this.look("people and hands");
    }
    await guest.page.context().close();
  }

  /** Every page as it is with all of that. @param {string} locale */
  async pages(locale) {
    this.current = "all of them";
    await this.seat.look(locale, "dark");
    await this.page.locator(".nav").waitFor();
    for (const name of PAGES) {
      if ((await this.page.locator(`.nav-link[data-page=${name}]`).count()) === 0) continue;
      await this.seat.go(name);
      await this.page.waitForTimeout(500);
      await this.look(`${name}, ${locale}`);
    }
    await this.page.locator(".bell").click();
    await this.page.locator("dialog[open]").waitFor();
    await this.look(`alarms, ${locale}`);
    await this.page.keyboard.press("Escape");
    await this.page.locator("dialog").waitFor({ state: "detached" });
  }

  /** What cameras of the network call themselves, through a node that asks them. */
  async network() {
    await this.seat.go("sources");
    const answering = await cameras(this.texts);
    try {
      await this.page.locator(".add-source").click();
      await this.page.locator(".source-form .form-head .button").click();
      await this.page.locator(".network .device").first().waitFor({ timeout: 20000 });
      const n = await this.page.locator(".network .device").count();
      for (const field of ["device name", "device hardware", "device place"]) this.count(field, n);
      await this.look("cameras of the network");
      await this.page.locator(".network .device .button").first().click();
      await this.page.waitForTimeout(500);
      await this.look("a camera that was taken over");
    } catch (error) {
      this.count("device name", 0);
      console.error(`cameras of the network: ${error}`);
    } finally {
      answering.close();
    }
    await this.closeDialog();
  }

  /** What a node says of a source that cannot be read. The answer stands in for a node's own. */
  async probes() {
    let text = "";
    const answer = () => ({ node: text, ok: false, fault: { code: "not_found", words: { zh: text, en: text } } });
    await this.page.route("**/v1/sources/probe", (route) => route.fulfill({ json: answer() }));
    await this.seat.go("sources");
    await this.page.locator(".add-source").click();
    await this.page.locator(".source-form [name=host]").fill("10.255.255.1");
    for (text of this.texts) {
      this.current = text;
      await this.page.locator(".source-form .acts.start .button").click();
      await this.page.locator(".probe.failed").waitFor();
      const words = await this.page.locator(".probe-words").textContent();
      if (words?.includes(text)) this.count("probe fault");
      await this.look("a probe's fault");
    }
    await this.page.unroute("**/v1/sources/probe");
    await this.closeDialog();
  }

  /** What is told of feeds, nodes and places, which nobody types here: the controller's answers with these texts in their place. */
  async answers() {
    const texts = this.texts;
    const both = (/** @type {string} */ text) => ({ zh: text, en: text });
    const change = async (/** @type {RegExp} */ path, /** @type {(answer: any) => unknown} */ made) => {
      await this.page.route(path, async (route) => {
        try { await route.fulfill({ json: made(await (await route.fetch()).json()) }); } catch { await route.abort().catch(() => undefined); }
      });
    };
    await change(/\/v1\/feeds$/, (all) => [...all, ...texts.map((text) => ({ ...all[0], feed: text, connected: true, fault: both(text) }))]);
    await change(/\/v1\/status$/, (status) => ({ ...status, nodes: [...status.nodes, ...texts.map((text) => ({ ...status.nodes[0], node: text, standing: "cannot", why: text }))] }));
    await change(/\/v1\/sources(\?|$)/, (all) => (Array.isArray(all) ? all.map((source, i) => { const text = texts[i % texts.length] ?? ""; return { ...source, place: [both(text), both(text)] }; }) : all));
    this.current = "all of them";
    const shown = () => this.page.locator("main").evaluate((main) => main.textContent ?? "");
    // Loaded anew, so that nothing is drawn from answers of before.
    await this.page.reload();
    await this.page.locator(".nav").waitFor();
    await this.seat.go("health");
    await this.page.waitForTimeout(6000);
    const health = await shown();
    for (const text of texts) if (health.includes(text)) { this.count("feed fault"); this.count("node words"); }
    await this.look("feeds and nodes");
    await this.seat.go("sources");
    await this.page.waitForTimeout(1500);
    const sources = await shown();
    for (const text of texts) if (sources.includes(text)) this.count("place name");
    await this.look("places");
    await this.page.unrouteAll({ behavior: "ignoreErrors" });
  }

  /** Each event opened and closed. */
  async events() {
    await this.seat.go("events");
    for (const [i, text] of this.texts.entries()) {
      const card = this.page.locator(`.event[data-key="payload-${this.stamp}-${i}"] .event-open`);
      if ((await card.count()) === 0) continue;
      this.current = text;
      await card.click();
      await this.page.locator("dialog .do-closed").click();
      await this.page.locator("dialog .steps li:last-child.now").waitFor().catch(() => undefined);
      await this.look("an event");
      await this.page.keyboard.press("Escape");
      this.count("event opened");
    }
  }

  async closeDialog() {
    await this.page.keyboard.press("Escape");
    await this.page.locator("dialog").waitFor({ state: "detached" });
  }
}

/**
 * In the page of somebody else: signs in, watches, and says what it is given. Gives whether everybody was told of it.
 * @param {{ user: string, password: string, page: string, hand: Record<string, unknown> }} said
 */
async function speak({ user, password, page, hand }) {
  const body = JSON.stringify({ user, password });
  const answer = await fetch("/v1/session", { method: "POST", headers: { "content-type": "application/json" }, body });
  if (!answer.ok) return false;
  const known = /** @type {any} */ (window);
  known.last?.close();
  const socket = new WebSocket(`${location.origin.replace("http", "ws")}/v1/watch`);
  known.last = socket;
  return new Promise((done) => {
    setTimeout(() => done(false), 3000);
    socket.onopen = () => { socket.send(JSON.stringify({ page })); socket.send(JSON.stringify({ hand })); };
    socket.onmessage = (event) => {
      const news = JSON.parse(event.data);
      if (news.what === "presence" && news.people.some((/** @type {any} */ p) => p.user === user && p.page !== "")) done(true);
    };
  });
}
