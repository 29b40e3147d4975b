// @ts-check
// Users with their roles, and the tokens of programs.
import { call, seg } from "../api.js";
import { dialog, field } from "../dialog.js";
import { PASSWORD_MIN } from "../door.js";
import { fill, h, say } from "../dom.js";
import { dateTime } from "../format.js";
import { hall, topics } from "../hall.js";
import { locale, t, word } from "../i18n.js";
import { icon } from "../icons.js";
import { notice, refused } from "../notice.js";
import { button, card, dot, empty, shown, table } from "../pieces.js";

/** @typedef {import("../types.js").Grant} Grant */

const ROLES = /** @type {const} */ (["viewer", "operator", "designer", "admin", "auditor"]);

/** @param {any} value */
const when = (value) => (value === null || value === undefined ? "–" : dateTime(Number(value), hall.utc_offset_s));

/** A grant in words: the role, and where it ends. @param {Grant} grant */
function grantWords(grant) {
  const bounds = [grant.walls, grant.tags].filter((names) => !names.includes("*")).map((names) => names.join(", "));
  return [word("role", grant.role), ...bounds].join(" · ");
}

/** @returns {import("../shell.js").Page} */
export function usersPage() {
  const users = h("div", null), tokens = h("div", null);
  const element = h("div", { class: "page users-page" }, h("header", { class: "page-head" }, h("h1", null, t("nav.users")), h("span", { class: "spring" }), button(t("user.add"), () => userDialog(null), { icon: "plus", kind: "primary" })),
    h("div", { class: "cards one" }, card(t("accounts"), h("p", { class: "hint" }, t("users.words")), users), card(t("tokens"), h("div", { class: "log-head" }, h("p", { class: "hint" }, t("tokens.words")), button(t("token.add"), tokenDialog, { icon: "plus" })), tokens)));
  const aways = [
    shown(topics.users, users, (list) => {
      if (list.length === 0) { fill(users, empty("users", t("users.none"), t("users.none.words"))); return; }
      fill(users, table(t("nav.users"), [t("user.name"), t("user"), t("user.roles"), t("user.state"), t("user.seen"), t("acts")], list.map((u) => [
        u.name || u.user, u.user, h("span", { class: "roles" }, ...(u.grants ?? []).map((/** @type {Grant} */ g) => h("span", { class: "role" }, grantWords(g)))),
        h("span", { class: "state" }, dot(u.disabled || u.locked_until ? "lost" : "live"), u.disabled ? t("user.disabled") : u.locked_until ? t("user.locked-out") : t("user.active")), when(u.signed_in),
        h("span", { class: "row-acts" }, button(t("user.edit", { name: u.name || u.user }), () => userDialog(u), { icon: "user", only: true, kind: "quiet" }),
          u.user === hall.session?.user ? null : button(t("user.remove", { name: u.name || u.user }), () => removeUser(u), { icon: "close", only: true, kind: "quiet" }))])));
    }, 4),
    shown(topics.tokens, tokens, (list) => {
      if (list.length === 0) { fill(tokens, empty("lock", t("tokens.none"), t("tokens.none.words"))); return; }
      fill(tokens, table(t("tokens"), [t("token.name"), t("token.id"), t("token.scope"), t("token.by"), t("token.expires"), t("acts")], list.map((k) => [
        k.name, h("span", { class: "mono" }, k.id), h("span", { class: "roles" }, ...(k.grants ?? []).map((/** @type {Grant} */ g) => h("span", { class: "role" }, grantWords(g)))), k.by, when(k.expires),
        button(t("token.revoke", { name: k.name }), () => revoke(k), { icon: "close", only: true, kind: "quiet" })])));
    }, 2),
  ];
  aways.push(topics.walls.look(() => undefined));
  return { element, title: t("nav.users"), leave: () => { for (const away of aways) away(); } };
}

/** @param {(() => Promise<unknown>)} send @param {string} done @param {() => void} close @param {HTMLElement} fault */
function submitTo(send, done, close, fault) {
  send().then(() => { close(); notice(done); void topics.users.refresh(); void topics.tokens.refresh(); }, (error) => say(fault, error.words ?? String(error)));
}

/** What cannot be undone is asked about. @param {string} title @param {string} words @param {string} act @param {() => Promise<unknown>} send @param {string} done */
function ask(title, words, act, send, done) {
  const fault = h("p", { class: "fault", role: "alert" });
  dialog(title, (close) => [h("p", null, words), fault, h("div", { class: "acts" }, button(t("cancel"), close, { kind: "quiet" }), button(act, () => submitTo(send, done, close, fault), { kind: "danger", icon: "close" }))]);
}
/** @param {any} user */
function removeUser(user) {
  const name = user.name || user.user;
  ask(t("user.remove", { name }), t("user.remove.words"), t("user.remove.do"), () => call("DELETE", `/v1/users/${seg(user.user)}`), t("user.removed", { name }));
}
/** @param {any} token */
function revoke(token) {
  const { name } = token;
  ask(t("token.revoke", { name }), t("token.revoke.words"), t("token.revoke.do"), () => call("DELETE", `/v1/tokens/${seg(token.id)}`), t("token.revoked", { name }));
}

/** Rows of grants: a role, on which walls, for sources with which tags. @param {readonly Grant[]} given */
function grantRows(given) {
  const list = h("ul", { class: "grants" });
  const names = (/** @type {string} */ text) => { const all = text.split(/[,，\s]+/).filter((n) => n !== ""); return all.length ? all : ["*"]; };
  const walls = h("datalist", { id: "wall-names" }, h("option", { value: "*" }), ...(topics.walls.value ?? []).map((w) => h("option", { value: w.wall })));
  const add = (/** @type {Grant} */ grant) => {
    const role = h("select", { class: "input", name: "role", "aria-label": t("user.role") }, ...ROLES.map((r) => h("option", { value: r }, t(`role.${r}`))));
    role.value = grant.role;
    const words = h("span", { class: "field-help" });
    const wall = h("input", { class: "input", name: "walls", value: grant.walls.join(", "), list: "wall-names", "aria-label": t("grant.walls"), spellcheck: "false" });
    const tags = h("input", { class: "input", name: "tags", value: grant.tags.join(", "), "aria-label": t("grant.tags"), spellcheck: "false" });
    const row = h("li", { class: "grant" }, role, wall, tags, button(t("grant.remove"), () => row.remove(), { icon: "close", only: true, kind: "quiet" }), words);
    const tell = () => say(words, t(`role.${role.value}.words`));
    role.addEventListener("change", tell);
    tell();
    list.append(row);
  };
  given.forEach(add);
  const element = h("fieldset", { class: "role-boxes" }, h("legend", { class: "field-label" }, t("user.grants")), h("div", { class: "grant heads", "aria-hidden": "true" }, h("span", null, t("user.role")), h("span", null, t("grant.walls")), h("span", null, t("grant.tags"))), list, walls,
    h("p", { class: "field-help" }, t("grant.help")), button(t("grant.add"), () => add({ role: "viewer", walls: ["*"], tags: ["*"] }), { icon: "plus", kind: "quiet" }));
  const grants = () => [...list.children].map((row) => {
    const value = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (row.querySelector(`[name="${name}"]`)).value;
    return { role: value("role"), walls: names(value("walls")), tags: names(value("tags")) };
  });
  return { element, grants };
}

/** @param {any | null} user */
function userDialog(user) {
  const name = h("input", { class: "input", value: user?.name ?? "", maxlength: "60", autocomplete: "off" }), id = h("input", { class: "input", value: user?.user ?? "", maxlength: "60", autocomplete: "off", disabled: user !== null, spellcheck: "false" });
  const password = h("input", { class: "input", type: "password", autocomplete: "new-password" });
  const grants = grantRows(user?.grants ?? [{ role: "operator", walls: ["*"], tags: ["*"] }]), disabled = h("input", { type: "checkbox", checked: user?.disabled === true }), fault = h("p", { class: "fault", role: "alert" });
  dialog(user ? t("user.edit", { name: user.name || user.user }) : t("user.add"), (close) => {
    const form = h("form", { class: "form", novalidate: true }, h("div", { class: "fields" }, field(t("user.name"), name), field(t("user"), id, t("setup.user.help"))),
      field(t(user ? "password.new" : "password"), password, user ? t("password.keep") : t("password.help", { n: PASSWORD_MIN })), grants.element,
      user && user.user !== hall.session?.user ? h("label", { class: "check" }, disabled, h("span", null, t("user.disable"))) : null, fault,
      h("div", { class: "acts" }, button(t("cancel"), close, { kind: "quiet" }), h("button", { type: "submit", class: "button primary" }, icon("check"), h("span", null, t("save")))));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (id.value.trim() === "" || name.value.trim() === "" || (!user && password.value === "")) { say(fault, t("form.empty")); return; }
      const body = { name: name.value.trim(), grants: grants.grants(), ...(password.value === "" ? {} : { password: password.value }), ...(user && disabled.checked !== (user.disabled === true) ? { disabled: disabled.checked } : {}) };
      submitTo(() => (user ? call("PATCH", `/v1/users/${seg(user.user)}`, body, { "If-Match": `"${user.revision}"` }) : call("POST", "/v1/users", { user: id.value.trim(), ...body, locale: locale() })), t("user.saved", { name: name.value.trim() }), close, fault);
    });
    return [form];
  }, { wide: true });
}

function tokenDialog() {
  const name = h("input", { class: "input", maxlength: "60", autocomplete: "off" }), days = h("input", { class: "input", type: "number", min: "1", max: "3650", value: "90" });
  const grants = grantRows([{ role: "viewer", walls: ["*"], tags: ["*"] }]), fault = h("p", { class: "fault", role: "alert" });
  dialog(t("token.add"), (close) => {
    const form = h("form", { class: "form", novalidate: true }, h("div", { class: "fields" }, field(t("token.name"), name), field(t("token.days"), days)), grants.element, fault,
      h("div", { class: "acts" }, button(t("cancel"), close, { kind: "quiet" }), h("button", { type: "submit", class: "button primary" }, icon("check"), h("span", null, t("token.make")))));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (name.value.trim() === "") { say(fault, t("form.empty")); return; }
      call("POST", "/v1/tokens", { name: name.value.trim(), grants: grants.grants(), days: Number(days.value) }).then((answer) => {
        close();
        void topics.tokens.refresh();
        showToken(String(answer?.token ?? ""));
      }, (error) => say(fault, error.words ?? String(error)));
    });
    return [form];
  }, { wide: true });
}
/** @param {string} secret */
function showToken(secret) {
  const box = h("input", { class: "input mono", readonly: true, value: secret, "aria-label": t("token.secret") });
  dialog(t("token.made"), (close) => [h("p", { class: "hint" }, t("token.once")), box, h("div", { class: "acts" },
    button(t("copy"), () => { box.select(); navigator.clipboard?.writeText(secret).then(() => notice(t("copied")), (error) => refused(error)); }, { icon: "audit" }), button(t("close"), close, { kind: "primary" }))]);
  box.select();
}
