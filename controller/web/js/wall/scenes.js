// @ts-check
// The wall's scenes as a strip: pictures where there are any, else sketches of their windows.
import { h, keyed, place, say } from "../dom.js";
import { may } from "../hall.js";
import { said, t } from "../i18n.js";
import { button } from "../pieces.js";
import { thumb } from "./thumb.js";
/** @typedef {import("../types.js").Scene} Scene */

/** @param {import("./model.js").WallModel} model @param {{ stage: (scene: string) => void, recall: (scene: string) => void }} acts */
export function sceneStrip(model, acts) {
  const list = h("ul", { class: "scenes", "aria-label": t("scenes") });
  /** @param {Scene} scene */
  const make = (scene) => h("li", { class: "scene" },
    h("button", { type: "button", class: "scene-take", on: { click: () => acts.stage(scene.scene) } },
      h("span", { class: "scene-picture", "aria-hidden": "true" }, h("span", { class: "sketch" }), thumb(`/v1/walls/${encodeURIComponent(model.wall.wall)}/scenes/${encodeURIComponent(scene.scene)}/thumbnail.jpg`)),
      h("span", { class: "scene-foot" }, h("span", { class: "scene-name" }), h("span", { class: "scene-mark" }))),
    button(t("scene.recall", { name: said(scene.name) }), () => acts.recall(scene.scene), { icon: "take", only: true, kind: "quiet", class: "scene-direct", disabled: !may("operate") }));
  /** @param {HTMLElement} element @param {Scene} scene */
  const update = (element, scene) => {
    const { wall } = model;
    const take = /** @type {HTMLButtonElement} */ (element.firstElementChild);
    const find = (/** @type {string} */ cls) => /** @type {HTMLElement} */ (element.getElementsByClassName(cls)[0]);
    say(find("scene-name"), said(scene.name));
    const mark = wall.on_air === scene.scene ? "air" : wall.staged === scene.scene ? "stage" : wall.next === scene.scene ? "next" : "";
    element.dataset["mark"] = mark;
    say(find("scene-mark"), mark === "" ? "" : t(`scene.mark.${mark}`));
    take.setAttribute("aria-label", `${t("scene.stage", { name: said(scene.name) })}${mark === "" ? "" : ` · ${t(`scene.mark.${mark}`)}`}`);
    take.disabled = !may("operate");
    sketch(find("sketch"), scene.scene);
  };
  /** @param {HTMLElement} into @param {string} scene */
  const sketch = (into, scene) => {
    const { canvas, screens } = model.wall;
    const windows = model.seen.get(scene);
    const key = JSON.stringify([windows?.map((w) => w.rect) ?? null, screens.length]);
    if (into.dataset["shown"] === key) return;
    into.dataset["shown"] = key;
    into.style.setProperty("aspect-ratio", `${canvas.width} / ${canvas.height}`);
    const boxes = [...screens.map((s) => ({ rect: s.rect, cls: "s" })), ...(windows ?? []).map((w) => ({ rect: w.rect, cls: "w" }))];
    into.replaceChildren(...boxes.map(({ rect, cls }) => {
      const box = h("i", { class: cls });
      place(box, { x: (rect.x / canvas.width) * 100, y: (rect.y / canvas.height) * 100, width: (rect.width / canvas.width) * 100, height: (rect.height / canvas.height) * 100 });
      for (const side of ["left", "top", "width", "height"]) box.style.setProperty(side, box.style.getPropertyValue(side).replace("px", "%"));
      return box;
    }));
  };
  return { element: list, draw: () => keyed(list, model.wall.scenes, (s) => s.scene, make, update) };
}
