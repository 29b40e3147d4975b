// @ts-check
// Users with their roles, and the tokens of programs.
import { call, seg } from "../api.js";
import { dialog, field } from "../dialog.js";
import { fill, h, say } from "../dom.js";
import { dateTime } from "../format.js";
import { hall, topics } from "../hall.js";
import { t, word } from "../i18n.js";
import { icon } from "../icons.js";
import { notice, refused } from "../notice.js";
import { button, card, dot, empty, shown, table } from "../pieces.js";

const ROLES = /** @type {const} */ (["viewer", "operator", "designer", "admin", "auditor"]);
const PASSWORD_MIN = 10;

/** @param {any} value */
const when = (value) => (value === null || value === undefined ? "–" : dateTime(Number(value), hall.utc_offset_s));

/** @returns {import("../shell.js").Page} */
export function usersPage() {
  const users = h("div", null), tokens = h("div", null);
  const element = h("div", { class: "page users-page" }, h("header", { class: "page-head" }, h("h1", null, t("nav.users")), h("span", { class: "spring" }), button(t("user.add"), () => userDialog(null), { icon: "plus", kind: "primary" })),
    h("div", { class: "cards one" }, card(t("nav.users"), h("p", { class: "hint" }, t("users.words")), users), card(t("tokens"), h("div", { class: "log-head" }, h("p", { class: "hint" }, t("tokens.words")), button(t("token.add"), tokenDialog, { icon: "plus" })), tokens)));
  const aways = [
    shown(topics.users, users, (list) => {
      if (list.length === 0) { fill(users, empty("users", t("users.none"), t("users.none.words"))); return; }
      fill(users, table(t("nav.users"), [t("user.name"), t("user"), t("user.roles"), t("user.state"), t("user.seen"), t("acts")], list.map((u) => [
        u.name || u.user, u.user, h("span", { class: "roles" }, ...(u.roles ?? []).map((/** @type {string} */ r) => h("span", { class: "role" }, word("role", r)))),
        h("span", { class: "state" }, dot(u.disabled || u.locked_out ? "lost" : "live"), u.disabled ? t("user.disabled") : u.locked_out ? t("user.locked-out") : t("user.active")), when(u.last_seen ?? u.last_sign_in),
        h("span", { class: "row-acts" }, button(t("user.edit", { name: u.name || u.user }), () => userDialog(u), { icon: "user", only: true, kind: "quiet" }),
          u.user === hall.session?.user ? null : button(t("user.remove", { name: u.name || u.user }), () => removeUser(u), { icon: "close", only: true, kind: "quiet" }))])));
    }, 4),
    shown(topics.tokens, tokens, (list) => {
      if (list.length === 0) { fill(tokens, empty("lock", t("tokens.none"), t("tokens.none.words"))); return; }
      fill(tokens, table(t("tokens"), [t("token.name"), t("token.scope"), t("token.expires"), t("user.seen"), t("acts")], list.map((k) => [
        k.name ?? k.token ?? k.id, (k.scopes ?? k.roles ?? []).map((/** @type {string} */ s) => word("role", s)).join(" · "), when(k.expires), when(k.last_used),
        button(t("token.revoke", { name: k.name ?? k.id }), () => revoke(k), { icon: "close", only: true, kind: "quiet" })])));
    }, 2),
  ];
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
  const name = token.name ?? token.id;
  ask(t("token.revoke", { name }), t("token.revoke.words"), t("token.revoke.do"), () => call("DELETE", `/v1/tokens/${seg(token.id ?? token.token ?? token.name)}`), t("token.revoked", { name }));
}

/** @param {readonly string[]} chosen */
function roleBoxes(chosen) {
  const boxes = ROLES.map((role) => ({ role, box: h("input", { type: "checkbox", checked: chosen.includes(role) }) }));
  const element = h("fieldset", { class: "role-boxes" }, h("legend", { class: "field-label" }, t("user.roles")), ...boxes.map(({ role, box }) => h("label", { class: "check" }, box, h("span", null, h("strong", null, t(`role.${role}`)), h("span", { class: "muted" }, t(`role.${role}.words`))))));
  return { element, roles: () => boxes.filter(({ box }) => box.checked).map(({ role }) => role) };
}

/** @param {any | null} user */
function userDialog(user) {
  const name = h("input", { class: "input", value: user?.name ?? "", maxlength: "60", autocomplete: "off" }), id = h("input", { class: "input", value: user?.user ?? "", maxlength: "60", autocomplete: "off", disabled: user !== null, spellcheck: "false" });
  const password = h("input", { class: "input", type: "password", autocomplete: "new-password" });
  const roles = roleBoxes(user?.roles ?? ["viewer"]), fault = h("p", { class: "fault", role: "alert" });
  dialog(user ? t("user.edit", { name: user.name || user.user }) : t("user.add"), (close) => {
    const form = h("form", { class: "form", novalidate: true }, h("div", { class: "fields" }, field(t("user.name"), name), field(t("user"), id, t("setup.user.help"))),
      field(t(user ? "password.new" : "password"), password, user ? t("password.keep") : t("password.help", { n: PASSWORD_MIN })), roles.element, fault,
      h("div", { class: "acts" }, button(t("cancel"), close, { kind: "quiet" }), h("button", { type: "submit", class: "button primary" }, icon("check"), h("span", null, t("save")))));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (id.value.trim() === "" || name.value.trim() === "" || (!user && password.value === "")) { say(fault, t("form.empty")); return; }
      const body = { name: name.value.trim(), roles: roles.roles(), ...(password.value === "" ? {} : { password: password.value }) };
      submitTo(() => (user ? call("PATCH", `/v1/users/${seg(user.user)}`, body) : call("POST", "/v1/users", { user: id.value.trim(), ...body })), t("user.saved", { name: name.value.trim() }), close, fault);
    });
    return [form];
  });
}

function tokenDialog() {
  const name = h("input", { class: "input", maxlength: "60", autocomplete: "off" }), days = h("input", { class: "input", type: "number", min: "1", max: "3650", value: "90" });
  const roles = roleBoxes(["viewer"]), fault = h("p", { class: "fault", role: "alert" });
  dialog(t("token.add"), (close) => {
    const form = h("form", { class: "form", novalidate: true }, h("div", { class: "fields" }, field(t("token.name"), name), field(t("token.days"), days)), roles.element, fault,
      h("div", { class: "acts" }, button(t("cancel"), close, { kind: "quiet" }), h("button", { type: "submit", class: "button primary" }, icon("check"), h("span", null, t("token.make")))));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (name.value.trim() === "") { say(fault, t("form.empty")); return; }
      call("POST", "/v1/tokens", { name: name.value.trim(), roles: roles.roles(), days: Number(days.value) }).then((answer) => {
        close();
        void topics.tokens.refresh();
        showToken(String(answer?.secret ?? answer?.token ?? ""));
      }, (error) => say(fault, error.words ?? String(error)));
    });
    return [form];
  });
}
/** @param {string} secret */
function showToken(secret) {
  const box = h("input", { class: "input mono", readonly: true, value: secret, "aria-label": t("token.secret") });
  dialog(t("token.made"), (close) => [h("p", { class: "hint" }, t("token.once")), box, h("div", { class: "acts" },
    button(t("copy"), () => { box.select(); navigator.clipboard?.writeText(secret).then(() => notice(t("copied")), (error) => refused(error)); }, { icon: "audit" }), button(t("close"), close, { kind: "primary" }))]);
  box.select();
}
