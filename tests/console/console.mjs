// @ts-check
// The operators' console as a person uses it: by what is written on it, with mouse and keys.
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";

export const PAGES = /** @type {const} */ (["wall", "sources", "events", "health", "rules", "audit", "users"]);
export const LOCALES = /** @type {const} */ (["zh-CN", "en"]);
export const THEMES = /** @type {const} */ (["dark", "light"]);
const WITHIN_MS = 10000;

/** @param {string} [executablePath] */
export const browser = (executablePath = "/usr/bin/chromium") => chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"] });

export class Console {
  /** @param {import("playwright-core").Browser} of @param {string} url @param {{ width?: number, height?: number, touch?: boolean }} [options] */
  static async open(of, url, { width = 1920, height = 1080, touch = false } = {}) {
    const context = await of.newContext({ viewport: { width, height }, hasTouch: touch, locale: "zh-CN", reducedMotion: "reduce", permissions: ["clipboard-write"] });
    const page = await context.newPage();
    page.setDefaultTimeout(WITHIN_MS);
    const found = new Console(page, url);
    await page.goto(url);
    return found;
  }
  /** @param {import("playwright-core").Page} page @param {string} url */
  constructor(page, url) {
    this.page = page;
    this.url = url;
    /** @type {string[]} what the page itself complains of: scripts that fail, and what its policy forbids */
    this.complaints = [];
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("console", (message) => { if (message.type() === "error" && !/Failed to load resource|WebSocket connection/.test(message.text())) this.complaints.push(message.text()); });
    page.on("dialog", (dialog) => { this.complaints.push(`a dialog: ${dialog.message()}`); void dialog.dismiss(); });
  }

  /** @param {string} user @param {string} password */
  async signIn(user, password) {
    await this.page.locator("input[name=user]").fill(user);
    await this.page.locator("input[name=password]").fill(password);
    await this.page.locator("button[type=submit]").click();
    await this.page.locator(".nav").waitFor();
  }
  async signOut() {
    await this.page.locator(".button.user").click();
    await this.page.locator(".sign-out").click();
    await this.page.locator("input[name=password]").waitFor();
  }
  /** Language and look, without a click, for pictures. @param {string} locale @param {string} theme */
  async look(locale, theme) {
    await this.page.evaluate(([l, t]) => { localStorage.setItem("taibai.locale", l ?? ""); localStorage.setItem("taibai.theme", t ?? ""); }, [locale, theme]);
    await this.page.reload();
  }
  /** @param {string} page */
  async go(page) {
    await this.page.evaluate((to) => { location.hash = `#/${to}`; }, page);
    await this.page.locator(`.nav-link[data-page=${page}][aria-current=page]`).waitFor();
    await this.page.locator(".skeleton").first().waitFor({ state: "detached" }).catch(() => undefined);
  }
  /** Asks the controller as the page does. @param {string} path @param {string} [method] @param {unknown} [body] @returns {Promise<any>} */
  api(path, method = "GET", body = undefined) {
    return this.page.evaluate(async ([p, m, b]) => {
      const answer = await fetch(/** @type {string} */ (p), { method: /** @type {string} */ (m), ...(b === undefined ? {} : { body: JSON.stringify(b), headers: { "content-type": "application/json" } }) });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${answer.status} ${text}`);
      return text === "" ? null : JSON.parse(text);
    }, [path, method, body]);
  }
  /** Waits until something of the controller's is so. @template T @param {() => Promise<T>} ask @param {(value: T) => boolean} good @param {number} [within_ms] @returns {Promise<T>} */
  async until(ask, good, within_ms = WITHIN_MS) {
    const end = Date.now() + within_ms;
    for (;;) {
      const value = await ask();
      if (good(value)) return value;
      if (Date.now() > end) throw new Error(`not within ${within_ms} ms: ${JSON.stringify(value).slice(0, 400)}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }
  async wall() { const [wall] = await this.api("/v1/walls"); return wall; }
  /** @param {"air" | "stage"} of */
  async windows(of = "air") { const wall = await this.wall(); return this.api(`/v1/walls/${encodeURIComponent(wall.wall)}/windows?of=${of}`); }

  /** Page coordinates of a place on the wall's picture. @param {"air" | "stage"} of @param {number} x @param {number} y canvas pixels */
  async at(of, x, y) {
    const wall = await this.wall();
    const box = await this.page.locator(`.sheet.of-${of}`).boundingBox();
    if (!box) throw new Error(`the picture of ${of} is not on the page`);
    return { x: box.x + (x / wall.canvas.width) * box.width, y: box.y + (y / wall.canvas.height) * box.height };
  }
  /** @param {{ x: number, y: number }} from @param {{ x: number, y: number }} to */
  async drag(from, to) {
    const { mouse } = this.page;
    await mouse.move(from.x, from.y);
    await mouse.down();
    for (let i = 1; i <= 12; i += 1) await mouse.move(from.x + ((to.x - from.x) * i) / 12, from.y + ((to.y - from.y) * i) / 12);
    await mouse.up();
  }
  /** Finds a source by what is typed; gives its name as marked. @param {string} query */
  async find(query) {
    await this.page.locator("#source-search").fill(query);
    const first = this.page.locator(".tray .source-item").first();
    await first.locator("mark").waitFor();
    return { row: first.locator(".source-row"), name: (await first.locator(".source-name").innerText()).trim(), marked: (await first.locator("mark").innerText()).trim(), hits: await this.page.locator(".tray .source-item").count() };
  }
  /** What axe has against the page as it stands: serious and critical only, as the bar has it. */
  async axe() {
    const { violations } = await new AxeBuilder({ page: this.page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]).analyze();
    const describe = (/** @type {typeof violations[number]} */ v) => ({ rule: v.id, impact: v.impact, nodes: v.nodes.slice(0, 4).map((n) => `${n.target.join(" ")}: ${n.failureSummary?.split("\n").slice(1).join(" ").trim().slice(0, 200)}`) });
    return { serious: violations.filter((v) => v.impact === "serious" || v.impact === "critical").map(describe), lesser: violations.filter((v) => v.impact !== "serious" && v.impact !== "critical").map(describe) };
  }
}
