// @ts-check
// Signing in, the first start, and the locked console.
import { Refused, call } from "./api.js";
import { dialog, field } from "./dialog.js";
import { h } from "./dom.js";
import { locale, t } from "./i18n.js";
import { hall } from "./hall.js";
import { icon } from "./icons.js";
import { notice } from "./notice.js";
import { looks, mark } from "./shell.js";

/** Shortest password that the controller takes. */
export const PASSWORD_MIN = 10;

/**
 * @param {string} title @param {string} words @param {Node[]} fields @param {string} act @param {() => Promise<void>} send @param {() => void} again
 * @param {Node | null} [foot]
 */
function gate(title, words, fields, act, send, again, foot = null) {
  const fault = h("p", { class: "fault", role: "alert" });
  const submit = h("button", { type: "submit", class: "button primary wide" }, act);
  const form = h("form", { class: "gate-card", novalidate: true }, mark(), h("h1", null, title), h("p", { class: "hint" }, words), ...fields, fault, submit, foot);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit.disabled = true;
    fault.replaceChildren();
    send().catch((error) => {
      fault.replaceChildren(icon("alert"), error instanceof Refused ? error.words : error instanceof Error ? error.message : String(error));
      submit.disabled = false;
      form.querySelector("input")?.focus();
    });
  });
  requestAnimationFrame(() => { const inputs = [...form.querySelectorAll("input")]; (inputs.find((i) => i.value === "") ?? inputs[0])?.focus(); });
  return h("main", { class: "gate" }, h("div", { class: "gate-looks" }, ...looks(again)), form);
}

/** @param {string} name @param {string} type @param {string} complete */
const input = (name, type, complete) => h("input", { class: "input", name, type, autocomplete: complete, required: true, spellcheck: "false", autocapitalize: "off" });

/** @param {(session: import("./types.js").Session) => void} done @param {() => void} again */
export function signIn(done, again) {
  const user = input("user", "text", "username"), password = input("password", "password", "current-password");
  return gate(t("signin.title"), t("signin.words"), [field(t("user"), user), field(t("password"), password)], t("signin"), async () => {
    if (user.value.trim() === "" || password.value === "") throw new Error(t("signin.empty"));
    done(await call("POST", "/v1/session", { user: user.value.trim(), password: password.value }));
  }, again);
}

/** @param {string} token @param {(session: import("./types.js").Session) => void} done @param {() => void} again */
export function setUp(token, done, again) {
  const user = input("user", "text", "username"), name = input("name", "text", "name"), password = input("password", "password", "new-password"), twice = input("twice", "password", "new-password");
  return gate(t("setup.title"), t("setup.words"),
    [field(t("user"), user, t("setup.user.help")), field(t("user.name"), name), field(t("password"), password, t("password.help", { n: PASSWORD_MIN })), field(t("password.twice"), twice)], t("setup"), async () => {
      if ([user, name, password].some((i) => i.value.trim() === "")) throw new Error(t("form.empty"));
      if (password.value !== twice.value) throw new Error(t("password.differs"));
      const session = await call("POST", "/v1/setup", { token, user: user.value.trim(), name: name.value.trim(), password: password.value, locale: locale() });
      history.replaceState(null, "", "#/wall");
      done(session);
    }, again);
}

/** @param {import("./types.js").Session} session @param {(session: import("./types.js").Session) => void} done @param {() => void} out @param {() => void} again */
export function locked(session, done, out, again) {
  const user = h("input", { class: "unseen", name: "user", type: "text", autocomplete: "username", tabindex: "-1", "aria-hidden": "true", readonly: true, value: session.user });
  const password = input("password", "password", "current-password");
  return gate(t("locked.title", { name: session.name || session.user }), t("locked.words"), [user, field(t("password"), password)], t("unlock"), async () => {
    if (password.value === "") throw new Error(t("form.empty"));
    await call("POST", "/v1/session/unlock", { password: password.value });
    done(await call("GET", "/v1/session"));
  }, again, h("button", { type: "button", class: "button quiet wide", on: { click: out } }, t("session.other")));
}

/** The own password, anew. */
export function passwordDialog() {
  const user = h("input", { class: "unseen", name: "user", type: "text", autocomplete: "username", tabindex: "-1", "aria-hidden": "true", readonly: true, value: hall.session?.user ?? "" });
  const old = input("old", "password", "current-password"), fresh = input("new", "password", "new-password"), twice = input("twice", "password", "new-password"), fault = h("p", { class: "fault", role: "alert" });
  dialog(t("password.change"), (close) => {
    const form = h("form", { class: "form", novalidate: true }, user, field(t("password.old"), old), field(t("password.new"), fresh, t("password.help", { n: PASSWORD_MIN })), field(t("password.twice"), twice), fault,
      h("div", { class: "acts" }, h("button", { type: "button", class: "button quiet", on: { click: close } }, t("cancel")), h("button", { type: "submit", class: "button primary" }, t("save"))));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (fresh.value !== twice.value) { fault.textContent = t("password.differs"); return; }
      call("POST", "/v1/session/password", { old: old.value, new: fresh.value }).then(() => { close(); notice(t("password.changed")); }, (error) => { fault.textContent = error.words ?? String(error); });
    });
    return [form];
  });
}
