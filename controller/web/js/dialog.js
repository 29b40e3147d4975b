// @ts-check
import { h } from "./dom.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";

/**
 * A dialog; Escape and its cross close it, focus goes back to where it was.
 * @param {string} title @param {(close: () => void) => (Node | null)[]} content @param {{ wide?: boolean, side?: boolean, closed?: () => void }} [options]
 */
export function dialog(title, content, options = {}) {
  const back = document.activeElement;
  const box = h("dialog", { class: `dialog${options.wide ? " wide" : ""}${options.side ? " side" : ""}`, "aria-label": title });
  const close = () => box.close();
  box.append(
    h("header", { class: "dialog-head" }, h("h2", null, title),
      h("button", { class: "button icon-only quiet", type: "button", "aria-label": t("close"), on: { click: close } }, icon("close"))),
    h("div", { class: "dialog-body" }, ...content(close)));
  box.addEventListener("close", () => {
    box.remove();
    options.closed?.();
    if (back instanceof HTMLElement && back.isConnected) back.focus();
  });
  box.addEventListener("click", (event) => { if (event.target === box) close(); });
  document.body.append(box);
  box.showModal();
  return { box, close };
}

/** A labelled field of a form. @param {string} label @param {HTMLElement} control @param {string} [help] */
export function field(label, control, help) {
  return h("label", { class: "field" }, h("span", { class: "field-label" }, label), control, help ? h("span", { class: "field-help" }, help) : null);
}
