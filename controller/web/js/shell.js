// @ts-check
// The frame around the pages: places to go, alarms, who is here, language, look, and the user's own menu.
import { alarmDrawer } from "./alarms.js";
import { call } from "./api.js";
import { fill, h, keyed, say } from "./dom.js";
import { hall, may, told, topics, watch } from "./hall.js";
import { known, locale, speak, t } from "./i18n.js";
import { icon } from "./icons.js";
import { shelf } from "./notice.js";
import { button } from "./pieces.js";
import { wallPage } from "./pages/wall.js";
import { sourcesPage } from "./pages/sources.js";
import { eventsPage } from "./pages/events.js";
import { healthPage } from "./pages/health.js";
import { rulesPage } from "./pages/rules.js";
import { auditPage } from "./pages/audit.js";
import { usersPage } from "./pages/users.js";
/** @typedef {{ element: HTMLElement, title: string, leave: () => void }} Page */

/** @type {Record<string, { icon: import("./icons.js").Icon, make: () => Page, may?: Parameters<typeof may>[0] }>} */
const PAGES = {
  wall: { icon: "wall", make: wallPage, may: "look" },
  sources: { icon: "camera", make: sourcesPage, may: "look" },
  events: { icon: "events", make: eventsPage, may: "look" },
  health: { icon: "health", make: healthPage, may: "look" },
  rules: { icon: "rules", make: rulesPage, may: "look" },
  audit: { icon: "audit", make: auditPage, may: "audit" },
  users: { icon: "users", make: usersPage, may: "administer" },
};
const THEME = "taibai.theme", LOCALE = "taibai.locale";

/** Light or dark, as chosen here before or as the system says. */
export function applyTheme() {
  const chosen = localStorage.getItem(THEME);
  const theme = chosen ?? (matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark");
  document.documentElement.dataset["theme"] = theme;
  return theme;
}
/** The language chosen here before, else the user's, else the browser's. @param {string | undefined} [users] */
export const wantedLocale = (users) => known(localStorage.getItem(LOCALE) ?? users ?? navigator.language);

/** Buttons for language and look; used on the sign-in page, too. @param {() => void} again draws the page anew */
export function looks(again) {
  const other = locale() === "en" ? "zh-CN" : "en";
  const language = button(t("language"), () => {
    localStorage.setItem(LOCALE, other);
    void speak(other).then(again);
  }, { icon: "language", only: true, kind: "quiet", class: "language" });
  const theme = button(t("theme"), () => {
    localStorage.setItem(THEME, document.documentElement.dataset["theme"] === "light" ? "dark" : "light");
    applyTheme();
    fill(theme, icon(document.documentElement.dataset["theme"] === "light" ? "moon" : "sun"));
  }, { icon: document.documentElement.dataset["theme"] === "light" ? "moon" : "sun", only: true, kind: "quiet", class: "theme" });
  return [language, theme];
}

/** @param {string} text */
const initial = (text) => [...text.trim()].slice(0, /^[\x20-\x7e]/.test(text.trim()) ? 2 : 1).join("").toUpperCase() || "?";

/**
 * @param {HTMLElement} root @param {{ again: () => void, lock: () => void, out: () => void, password: () => void }} acts
 * @returns {() => void} to take it down
 */
export function shell(root, acts) {
  const session = hall.session;
  if (!session) return () => undefined;
  const view = h("main", { class: "view", id: "view", tabindex: "-1" });
  const nav = h("ul", { class: "nav" });
  const line = h("div", { class: "line-lost", role: "status", hidden: true });
  const people = h("ul", { class: "people", "aria-label": t("people") });
  const bell = button(t("alarms"), alarmDrawer, { icon: "bell", kind: "quiet", class: "bell" });
  const allowed = Object.entries(PAGES).filter(([, p]) => !p.may || may(p.may));
  nav.append(...allowed.map(([id, p]) => h("li", null, h("a", { href: `#/${id}`, class: "nav-link", data: { page: id } }, icon(p.icon), h("span", null, t(`nav.${id}`))))));
  const menu = userMenu(session, acts);
  root.replaceChildren(
    h("a", { class: "skip", href: "#view", on: { click: (/** @type {Event} */ e) => { e.preventDefault(); view.focus(); } } }, t("skip")),
    h("header", { class: "top" },
      h("a", { class: "brand", href: "#/wall", "aria-label": t("brand") }, mark(), h("span", null, t("brand.short"))),
      h("nav", { "aria-label": t("nav") }, nav), h("span", { class: "spring" }), people, bell, ...looks(acts.again), menu),
    line, view, shelf);

  /** @type {Page | null} */
  let page = null;
  const go = () => {
    const wanted = location.hash.replace(/^#\//, "").split(/[/?]/)[0] ?? "";
    const id = allowed.some(([name]) => name === wanted) ? wanted : allowed[0]?.[0] ?? "wall";
    const made = PAGES[id];
    if (!made) return;
    page?.leave();
    page = made.make();
    fill(view, page.element);
    document.title = `${page.title} · ${t("brand.short")}`;
    for (const link of nav.querySelectorAll("a")) {
      if (link.dataset["page"] === id) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
    }
    watch.at(id);
  };
  const drawBell = () => {
    const n = topics.alarms.value?.length ?? 0;
    say(/** @type {HTMLElement} */ (bell.lastElementChild), n > 0 ? t("alarms.count", { n }) : t("alarms.quiet"));
    bell.classList.toggle("ringing", n > 0);
  };
  const drawPeople = () => {
    /** @type {Map<string, import("./types.js").Person>} */
    const unique = new Map();
    for (const p of hall.people) if (p.user !== session.user) unique.set(p.user, p);
    keyed(people, [...unique.values()].slice(0, 5), (p) => p.user, (p) => h("li", { class: "person" }, h("span", { "aria-hidden": "true" }, initial(p.name || p.user)), h("span", { class: "unseen" })),
      (e, p) => {
        const words = t("person.on", { name: p.name || p.user, page: p.page in PAGES ? t(`nav.${p.page}`) : p.page || "–" });
        e.title = words;
        say(/** @type {HTMLElement} */ (e.lastElementChild), words);
      });
  };
  let grace = 0;
  const drawLine = () => {
    clearTimeout(grace);
    if (watch.up) { line.hidden = true; return; }
    grace = window.setTimeout(() => { line.hidden = watch.up; say(line, t("line.lost")); }, 1500);
  };
  window.addEventListener("hashchange", go);
  watch.addEventListener("line", drawLine);
  told.addEventListener("people", drawPeople);
  const away = topics.alarms.look(drawBell);
  drawBell();
  drawPeople();
  drawLine();
  go();
  return () => {
    page?.leave();
    away();
    clearTimeout(grace);
    window.removeEventListener("hashchange", go);
    watch.removeEventListener("line", drawLine);
    told.removeEventListener("people", drawPeople);
  };
}

/** The product's sign. */
export const mark = () => h("span", { class: "mark", "aria-hidden": "true" }, icon("wall"));

/** @param {import("./types.js").Session} session @param {{ lock: () => void, out: () => void, password: () => void }} acts */
function userMenu(session, acts) {
  const list = h("div", { class: "menu", hidden: true },
    h("div", { class: "menu-head" }, h("strong", null, session.name || session.user), h("span", null, session.roles.map((r) => t(`role.${r}`)).join(" · "))),
    button(t("password.change"), acts.password, { icon: "user", kind: "quiet" }), button(t("session.lock"), acts.lock, { icon: "lock", kind: "quiet" }), button(t("session.out"), acts.out, { icon: "out", kind: "quiet", class: "sign-out" }));
  const open = h("button", { type: "button", class: "button quiet user", "aria-expanded": "false", "aria-haspopup": "true", "aria-label": t("session.menu", { name: session.name || session.user }) }, h("span", { class: "avatar", "aria-hidden": "true" }, initial(session.name || session.user)));
  const box = h("div", { class: "menu-box" }, open, list);
  const turn = (/** @type {boolean} */ on) => { list.hidden = !on; open.setAttribute("aria-expanded", String(on)); if (on) list.querySelector("button")?.focus(); };
  open.addEventListener("click", () => turn(list.hidden !== false));
  box.addEventListener("keydown", (event) => { if (event.key === "Escape") { turn(false); open.focus(); } });
  box.addEventListener("focusout", (event) => { if (!(event.relatedTarget instanceof Node) || !box.contains(event.relatedTarget)) turn(false); });
  return box;
}

/** Tells the controller that the session is over. */
export const signOut = () => call("DELETE", "/v1/session").catch(() => undefined);
