// @ts-check
// Short notices at the foot of the page, with one act at most: undo instead of "are you sure".
import { Refused } from "./api.js";
import { h } from "./dom.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";

const STAYS_MS = 7000;
/** Kept in the page for good, so that screen readers hear what is put in. */
export const shelf = h("div", { class: "notices", role: "status", "aria-live": "polite" });

/**
 * @param {string} words @param {{ tone?: "ok" | "warn" | "danger", act?: { words: string, run: () => void } }} [options]
 */
export function notice(words, options = {}) {
  const tone = options.tone ?? "ok";
  const close = () => { clearTimeout(timer); box.remove(); };
  const act = options.act;
  const box = h("div", { class: `notice ${tone}` },
    icon(tone === "ok" ? "check" : "alert"),
    h("span", { class: "notice-words" }, words),
    act ? h("button", { class: "button quiet", type: "button", on: { click: () => { close(); act.run(); } } }, act.words) : null,
    h("button", { class: "button icon-only quiet", type: "button", "aria-label": t("close"), on: { click: close } }, icon("close")));
  // The same words are said once.
  for (const other of [...shelf.children]) if (other.querySelector(".notice-words")?.textContent === words) other.remove();
  while (shelf.children.length > 2) shelf.firstElementChild?.remove();
  shelf.append(box);
  let timer = window.setTimeout(close, act || tone !== "ok" ? STAYS_MS * 1.5 : STAYS_MS);
  box.addEventListener("pointerenter", () => clearTimeout(timer));
  box.addEventListener("pointerleave", () => { timer = window.setTimeout(close, STAYS_MS); });
}

/** Says why something was refused. @param {unknown} error @param {string} [what] */
export function refused(error, what = "") {
  if (error instanceof Refused && (error.status === 401 || error.status === 423)) return;
  const words = error instanceof Refused ? error.words : String(error);
  notice(what === "" ? words : t("refused", { what, why: words }), { tone: "danger" });
}
