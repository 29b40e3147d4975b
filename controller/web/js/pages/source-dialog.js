// @ts-check
// A source is added, changed or removed: its address in parts, a look at what it sends before it is kept, cameras found on the network.
import { call, seg, withQuery } from "../api.js";
import { dialog, field } from "../dialog.js";
import { fill, h, say } from "../dom.js";
import { topics } from "../hall.js";
import { said, t } from "../i18n.js";
import { icon } from "../icons.js";
import { notice } from "../notice.js";
import { button } from "../pieces.js";
import { FIELDS, KINDS, STREAMED, asked, freeId, keysOf, kindOf, patchOf, rowsOf, streamsOf, valuesOf } from "../source-form.js";
/** @typedef {import("../source-form.js").Kind} Kind */
/** @typedef {import("../source-form.js").Keys} Keys */
/** @typedef {import("../source-form.js").StreamRow} StreamRow */

/** How long each picture of a probe stays. */
const PICTURE_MS = 400;

const text = (/** @type {string} */ value, props = {}) => h("input", { class: "input", value, autocomplete: "off", spellcheck: "false", ...props });

/** What a probe has found: its pictures, one after the other, and facts beside them. */
function probePanel() {
  const picture = h("img", { class: "probe-picture", alt: t("probe.picture"), hidden: true });
  const sketch = h("div", { class: "probe-empty" }, icon("camera", "big"), h("p", null, t("probe.hint")));
  const facts = h("dl", { class: "facts" }), words = h("p", { class: "probe-words", role: "status" });
  const element = h("section", { class: "probe", "aria-label": t("probe") }, h("div", { class: "probe-frame" }, sketch, picture), h("div", { class: "probe-facts" }, words, facts));
  let timer = 0;
  const stop = () => { clearInterval(timer); timer = 0; };
  const show = (/** @type {readonly { jpeg: string }[]} */ pictures) => {
    stop();
    let at = 0;
    const next = () => { const one = pictures[at % pictures.length]; if (one) picture.src = `data:image/jpeg;base64,${one.jpeg}`; at += 1; };
    picture.hidden = pictures.length === 0;
    sketch.hidden = pictures.length > 0;
    next();
    if (pictures.length > 1 && !matchMedia("(prefers-reduced-motion: reduce)").matches) timer = window.setInterval(next, PICTURE_MS);
  };
  const row = (/** @type {string} */ name, /** @type {string} */ value) => [h("dt", null, name), h("dd", null, value)];
  return {
    element, stop,
    /** The size of the last picture. @type {{ width: number, height: number } | null} */
    size: null,
    waiting() { fill(facts); element.className = "probe waiting"; fill(words, t("probe.running")); },
    failed(/** @type {string} */ why) { element.className = "probe failed"; show([]); fill(facts); fill(words, icon("alert"), h("span", null, why)); },
    found(/** @type {any} */ found) {
      element.className = "probe good";
      this.size = { width: found.width, height: found.height };
      show(found.pictures);
      fill(words, icon("check"), h("span", null, t("probe.good", { ms: found.open_ms })));
      fill(facts, ...row(t("probe.codec"), String(found.codec).toUpperCase().replace("H26", "H.26")), ...row(t("probe.size"), `${found.width} × ${found.height}`),
        ...row(t("probe.fps"), typeof found.fps === "number" ? t("probe.fps.value", { n: Math.round(found.fps * 10) / 10 }) : "–"),
        ...row(t("probe.key"), typeof found.key_every_ms === "number" ? t("probe.seconds", { n: Math.round(found.key_every_ms / 100) / 10 }) : t("probe.key.unknown")),
        ...row(t("probe.audio"), found.audio ? String(found.audio).toUpperCase().replace("PCM_ALAW", "G.711A").replace("PCM_MULAW", "G.711U") : t("probe.audio.none")));
    },
  };
}

/** The parts of an address; only what the kind needs. @param {Keys} keys @param {() => { width: number, height: number } | null} sizeSeen */
function addressForm(keys, sizeSeen) {
  let kind = kindOf(keys);
  /** @type {Record<string, string | boolean>} */
  let values = valuesOf(kind, keys);
  let rows = streamsOf(keys);
  const fields = h("div", { class: "fields source-fields" }), streams = h("div", { class: "streams" });
  const kinds = h("fieldset", { class: "kinds" }, h("legend", { class: "field-label" }, t("source.kind")), ...KINDS.map((name) => {
    const radio = h("input", { type: "radio", name: "kind", value: name, checked: name === kind, on: { change: () => { const host = values["host"]; kind = name; values = valuesOf(kind, {}); if (host !== undefined && "host" in values) values["host"] = host; draw(); } } });
    return h("label", { class: "kind" }, radio, h("span", null, t(`source.kind.${name}`)));
  }));
  const one = (/** @type {import("../source-form.js").Field} */ f) => {
    const value = values[f.name];
    if (f.type === "flag") return h("label", { class: "check" }, h("input", { type: "checkbox", checked: value === true, on: { change: (/** @type {any} */ e) => { values[f.name] = e.target.checked; } } }), h("span", null, t(`source.field.${f.name}`)));
    const label = `${t(`source.field.${f.name}`)}${f.needed ? " *" : ""}`;
    if (f.type === "choice") {
      const select = h("select", { class: "input", on: { change: (/** @type {any} */ e) => { values[f.name] = e.target.value; draw(); /** @type {HTMLElement | null} */ (fields.querySelector(`[name="${f.name}"]`))?.focus(); } }, name: f.name }, ...(f.choices ?? []).map((c) => h("option", { value: c }, c === "" ? t("choose") : t(`source.choice.${c}`))));
      select.value = String(value ?? "");
      return field(label, select);
    }
    const help = f.name === "credential" ? t("source.credential.help") : f.name === "path" && (kind === "file" || kind === "image") ? t("source.media.help") : undefined;
    return field(label, text(String(value ?? ""), { name: f.name, placeholder: f.usual ?? "", ...(f.type === "number" ? { inputmode: "numeric" } : {}), ...(f.needed ? { "aria-required": "true" } : {}), on: { input: (/** @type {any} */ e) => { values[f.name] = e.target.value; } } }), help);
  };
  const drawStreams = () => {
    streams.hidden = !STREAMED.includes(kind);
    const add = button(rows.length === 0 ? t("streams.use") : t("streams.add"), () => {
      const seen = sizeSeen() ?? { width: 1920, height: 1080 };
      if (rows.length === 0) rows = [{ name: "main", path: String(values["path"] ?? ""), width: String(seen.width), height: String(seen.height) }];
      rows.push({ name: rows.length === 1 ? "sub" : `sub-${rows.length}`, path: "", width: "640", height: "360" });
      draw();
    }, { icon: "plus", kind: "quiet" });
    fill(streams, ...rows.map((row, i) => {
      const cell = (/** @type {keyof StreamRow} */ name, /** @type {string} */ label) => text(row[name], { "aria-label": `${label} ${i + 1}`, placeholder: label, class: `input stream-${name}`, on: { input: (/** @type {any} */ e) => { row[name] = e.target.value; } } });
      return h("div", { class: "stream" }, cell("name", t("stream.name")), cell("path", t("stream.path")), cell("width", t("stream.width")), h("span", { "aria-hidden": "true" }, "×"), cell("height", t("stream.height")),
        button(t("stream.remove", { name: row.name }), () => { rows.splice(i, 1); if (rows.length === 1) { values["path"] = rows[0]?.path ?? ""; rows = []; } draw(); }, { icon: "close", only: true, kind: "quiet" }));
    }), add);
  };
  const draw = () => {
    for (const radio of kinds.querySelectorAll("input")) radio.checked = radio.value === kind;
    const streamed = STREAMED.includes(kind) && rows.length > 0;
    fill(fields, ...FIELDS[kind].filter((f) => asked(kind, f.name, values, streamed)).map(one));
    drawStreams();
  };
  draw();
  return {
    element: h("div", { class: "address" }, kinds, fields, streams),
    get kind() { return kind; },
    get values() { return values; },
    get rows() { return STREAMED.includes(kind) ? rows : []; },
    /** Takes an address over. @param {{ host: string, port: number, path: string }} at @param {StreamRow[]} found */
    take(at, found) {
      const login = values["credential"];
      kind = "rtsp";
      values = { ...valuesOf("rtsp", {}), host: at.host, port: String(at.port), path: at.path, ...(login === undefined ? {} : { credential: login }) };
      rows = found.length > 1 ? found : [];
      draw();
    },
  };
}

/** Cameras of the network, asked for when the operator says so. @param {ReturnType<typeof addressForm>} address @param {(name: string) => void} named */
function networkPanel(address, named) {
  const list = h("ul", { class: "devices" }), words = h("p", { class: "hint", role: "status" });
  const element = h("section", { class: "network", "aria-label": t("network"), hidden: true }, words, list);
  const streamsOfDevice = async (/** @type {any} */ device, /** @type {HTMLElement} */ into) => {
    fill(into, h("span", { class: "hint" }, t("network.asking")));
    const login = String(address.values["credential"] ?? "").trim();
    try {
      const answer = await call("POST", "/v1/sources/streams", { node: device.node, host: device.host, port: device.port, path: device.path, ...(login === "" ? {} : { credential: login }) });
      if (answer.fault) { fill(into, h("span", { class: "hint" }, said(answer.fault.words))); return; }
      const first = answer.streams[0];
      if (!first) { fill(into, h("span", { class: "hint" }, t("network.no-streams"))); return; }
      address.take(first, rowsOf(answer.streams));
      fill(into, h("span", { class: "hint" }, t("network.taken", { n: answer.streams.length })));
    } catch (error) { fill(into, h("span", { class: "hint" }, /** @type {any} */ (error).words ?? String(error))); }
  };
  const ask = async () => {
    element.hidden = false;
    fill(list);
    say(words, t("network.searching"));
    try {
      const answer = await call("POST", "/v1/sources/discover", {});
      const faults = answer.faults.map((/** @type {any} */ f) => said(f.fault.words)).join(" ");
      say(words, [answer.devices.length === 0 ? t("network.none") : t("network.found", { n: answer.devices.length }), faults].filter((part) => part !== "").join(" "));
      fill(list, ...answer.devices.map((/** @type {any} */ device) => {
        const told = h("span", { class: "device-told", role: "status" });
        const name = device.name || device.hardware || device.host;
        return h("li", { class: "device" }, icon("camera"), h("span", { class: "device-text" }, h("b", null, name), h("span", { class: "hint" }, [device.hardware, `${device.host}:${device.port}`, device.place].filter((part) => part !== "").join(" · "))), told,
          button(t("network.use"), () => { address.take({ host: device.host, port: 554, path: String(address.values["path"] ?? "") }, []); named(device.name); void streamsOfDevice(device, told); }, { icon: "check" }));
      }));
    } catch (error) { say(words, /** @type {any} */ (error).words ?? String(error)); }
  };
  return { element, ask };
}

/** @param {Keys | null} keys the source to change; null for a new one */
export function sourceDialog(keys) {
  const before = keys ?? {};
  const label = before["label"], names = typeof label === "string" ? { zh: label, en: label } : { zh: label?.zh ?? "", en: label?.en ?? "" };
  const panel = probePanel();
  const address = addressForm(before, () => panel.size);
  const zh = text(names.zh, { name: "zh", maxlength: "100" }), en = text(names.en, { name: "en", maxlength: "100" });
  const id = text(String(before["id"] ?? ""), { name: "id", disabled: keys !== null, maxlength: "64" });
  const places = [...new Set((topics.sources.value ?? []).map((s) => s.path ?? ""))].filter((p) => p !== ""), tags = [...new Set((topics.sources.value ?? []).flatMap((s) => s.tags))];
  const place = text(String(before["place"] ?? ""), { name: "place", list: "source-places" }), tag = text((before["tags"] ?? []).join(", "), { name: "tags", list: "source-tags" });
  const network = networkPanel(address, (name) => { if (zh.value.trim() === "") zh.value = name; });
  const fault = h("p", { class: "fault", role: "alert" });
  const suggestion = () => freeId(en.value, String(address.values["host"] ?? ""), new Set((topics.sources.value ?? []).map((s) => s.source)));
  const whole = () => keysOf({ id: id.value.trim() || suggestion(), zh: zh.value, en: en.value, place: place.value, tags: tag.value, kind: address.kind, values: address.values, streams: address.rows });
  const probe = button(t("probe.run"), async () => {
    say(fault, "");
    probe.disabled = true;
    panel.waiting();
    try {
      const answer = await call("POST", "/v1/sources/probe", { ...whole(), ...(before["ingest"] ? { ingest: before["ingest"] } : {}), ...(before["masks"] ? { masks: before["masks"] } : {}) });
      if (answer.ok) panel.found(answer.found); else panel.failed(said(answer.fault?.words));
    } catch (error) { panel.failed(/** @type {any} */ (error).words ?? String(error)); }
    probe.disabled = false;
  }, { icon: "search" });
  const title = keys ? t("source.change", { name: names.zh || String(before["id"]) }) : t("source.add");
  dialog(title, (close) => {
    const form = h("form", { class: "form source-form", novalidate: true },
      h("div", { class: "form-head" }, h("h3", null, t("source.address")), button(t("network.search"), () => { void network.ask(); }, { icon: "search", kind: "quiet" })),
      network.element, address.element, h("div", { class: "acts start" }, probe), panel.element,
      h("h3", null, t("source.about")),
      h("div", { class: "fields" }, field(t("source.name.zh"), zh), field(t("source.name.en"), en), field(t("source.id"), id, keys ? undefined : t("source.id.help"))),
      h("div", { class: "fields" }, field(t("source.place"), place, t("source.place.help")), field(t("source.tags"), tag, t("source.tags.help"))),
      h("datalist", { id: "source-places" }, ...places.map((p) => h("option", { value: p }))), h("datalist", { id: "source-tags" }, ...tags.map((p) => h("option", { value: p }))),
      fault,
      h("div", { class: "acts" }, keys ? button(t("source.remove"), () => { close(); removeDialog(String(before["id"]), names.zh || String(before["id"])); }, { kind: "danger", icon: "close" }) : null, h("span", { class: "spring" }),
        button(t("cancel"), close, { kind: "quiet" }), h("button", { type: "submit", class: "button primary" }, icon("check"), h("span", null, t("save")))));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const after = whole();
      const sent = keys ? call("PATCH", `/v1/sources/${seg(String(before["id"]))}`, patchOf(before, after)) : call("POST", "/v1/sources", after);
      sent.then(() => { close(); notice(t("source.saved", { name: zh.value.trim() || after["id"] })); void topics.sources.refresh(); }, (error) => say(fault, error.words ?? String(error)));
    });
    return [form];
  }, { wide: true, closed: panel.stop });
}

/** Opens a source as the document has it. @param {string} source @param {(error: unknown) => void} failed */
export function changeSource(source, failed) {
  call("GET", `/v1/sources/${seg(source)}`).then((keys) => sourceDialog(keys), failed);
}

/** Removing cannot be undone; what shows the source is named first. @param {string} source @param {string} name */
function removeDialog(source, name) {
  const fault = h("p", { class: "fault", role: "alert" });
  dialog(t("source.remove.title", { name }), (close) => {
    const acts = h("div", { class: "acts" });
    const send = (/** @type {boolean} */ closeWindows) => {
      call("DELETE", withQuery(`/v1/sources/${seg(source)}`, closeWindows ? { close: "true" } : {})).then(() => { close(); notice(t("source.removed", { name })); void topics.sources.refresh(); }, (error) => {
        say(fault, error.words ?? String(error));
        if (error.code === "source_shown") fill(acts, button(t("cancel"), close, { kind: "quiet" }), button(t("source.remove.close"), () => send(true), { kind: "danger", icon: "close" }));
      });
    };
    fill(acts, button(t("cancel"), close, { kind: "quiet" }), button(t("source.remove"), () => send(false), { kind: "danger", icon: "close" }));
    return [h("p", null, t("source.remove.words")), fault, acts];
  });
}
