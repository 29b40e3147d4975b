// @ts-check
// Elements without HTML strings: what comes from outside only ever becomes text or an attribute's value.
/** @typedef {Node | string | number | null | undefined | false} Child */
/**
 * @typedef {object} Props
 * @property {string} [class]
 * @property {Record<string, string | number>} [style] set through CSSOM
 * @property {Record<string, (event: any) => void>} [on]
 * @property {Record<string, string>} [data]
 */

/** @param {Element} element @param {Record<string, unknown>} props */
export function set(element, props) {
  for (const [name, value] of Object.entries(props)) {
    if (name === "class") element.setAttribute("class", String(value));
    else if (name === "style") style(/** @type {HTMLElement} */ (element), /** @type {Record<string, string | number>} */ (value));
    else if (name === "on") for (const [event, act] of Object.entries(/** @type {Record<string, (event: Event) => void>} */ (value))) element.addEventListener(event, act);
    else if (name === "data") for (const [key, v] of Object.entries(/** @type {Record<string, string>} */ (value))) element.setAttribute(`data-${key}`, v);
    else if (name === "value" || name === "checked" || name === "disabled" || name === "indeterminate") /** @type {any} */ (element)[name] = value;
    else if (value === false || value === null || value === undefined) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? (name.startsWith("aria-") ? "true" : "") : String(value));
  }
}

/** @param {HTMLElement | SVGElement} element @param {Record<string, string | number>} values */
export function style(element, values) {
  for (const [name, value] of Object.entries(values)) element.style.setProperty(name, String(value));
}

/** Puts a rectangle on an element, in CSS pixels. @param {HTMLElement} element @param {import("./types.js").Rect} rect @param {number} [scale] */
export function place(element, rect, scale = 1) {
  style(element, { left: `${rect.x * scale}px`, top: `${rect.y * scale}px`, width: `${rect.width * scale}px`, height: `${rect.height * scale}px` });
}

/** @param {Node} parent @param {readonly Child[]} children */
function add(parent, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    parent.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {(Props & Record<string, unknown>) | null} [props] @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  if (props) set(element, props);
  add(element, children);
  return element;
}

/** @param {string} tag @param {Record<string, unknown>} [props] @param {...Child} children @returns {SVGElement} */
export function svg(tag, props, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  if (props) set(element, props);
  add(element, children);
  return /** @type {SVGElement} */ (element);
}

/** @param {Element} parent @param {...Child} children */
export function fill(parent, ...children) {
  parent.textContent = "";
  add(parent, children);
}

/** Sets text only where it differs, so that a screen reader and a selection are left alone. @param {Element} element @param {string} text */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Makes a parent's children those of a list, in its order; elements of known keys stay and keep their focus.
 * @template T
 * @param {Element} parent @param {readonly T[]} items @param {(item: T) => string} keyOf
 * @param {(item: T) => HTMLElement} make @param {(element: HTMLElement, item: T) => void} update
 */
export function keyed(parent, items, keyOf, make, update) {
  /** @type {Map<string, HTMLElement>} */
  const old = new Map();
  for (const child of parent.children) if (child instanceof HTMLElement && child.dataset["key"] !== undefined) old.set(child.dataset["key"], child);
  let at = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let element = old.get(key);
    if (element) old.delete(key);
    else { element = make(item); element.dataset["key"] = key; }
    update(element, item);
    if (element === at) at = at.nextElementSibling;
    else parent.insertBefore(element, at);
  }
  for (const gone of old.values()) gone.remove();
}
