// @ts-check
// Where the console begins: words, look, session, and from there the door or the pages.
import { Refused, call, onRefused, touch } from "./api.js";
import { locked, passwordDialog, setUp, signIn } from "./door.js";
import { hall, recallPast, sample, stopSampling, topics, watch } from "./hall.js";
import { speak, t } from "./i18n.js";
import { notice, shelf } from "./notice.js";
import { failed } from "./pieces.js";
import { applyTheme, shell, signOut, wantedLocale } from "./shell.js";
/** @typedef {import("./types.js").Session} Session */

const root = /** @type {HTMLElement} */ (document.getElementById("app"));
let takeDown = () => {};
/** What is shown now, to show it again in another language. */
let showAgain = () => {};

/** @param {() => void} show */
function show(show) {
  takeDown();
  takeDown = () => {};
  for (const box of document.querySelectorAll("dialog")) box.close();
  showAgain = show;
  document.title = t("brand");
  show();
}
const again = () => show(showAgain);

function door() {
  const token = new URLSearchParams(location.hash.split("?")[1] ?? "").get("token");
  const isSetup = location.hash.startsWith("#/setup") && token;
  show(() => root.replaceChildren(isSetup ? setUp(token, (s) => { void enter(s); }, again) : signIn((s) => { void enter(s); }, again), shelf));
}

/** @param {Session} session */
async function enter(session) {
  hall.session = session;
  const wanted = wantedLocale(session.locale);
  if (document.documentElement.lang !== wanted) await speak(wanted);
  if (session.locked) { lockedDoor(session); return; }
  watch.start();
  recallPast();
  sample();
  show(() => { takeDown = shell(root, { again, lock, out: () => { void leave(); }, password: passwordDialog }); });
}

function forget() {
  watch.stop();
  stopSampling();
  hall.people = [];
  for (const topic of Object.values(topics)) topic.forget();
}

async function leave() {
  await signOut();
  forget();
  hall.session = null;
  door();
}

function lock() {
  call("POST", "/v1/session/lock").then(() => { if (hall.session) lockedDoor(hall.session); }, (error) => notice(error instanceof Refused ? error.words : String(error), { tone: "danger" }));
}

/** @param {Session} session */
function lockedDoor(session) {
  forget();
  show(() => root.replaceChildren(locked(session, (s) => { void enter({ ...s, locked: false }); }, () => { void leave(); }, again), shelf));
}

onRefused.addEventListener("refused", (event) => {
  const refused = /** @type {CustomEvent<Refused>} */ (event).detail;
  if (!hall.session || root.querySelector(".gate") || refused.code === "wrong_credentials") return;
  const session = hall.session;
  if (refused.status === 423 || refused.code === "locked" || refused.code === "session_locked") { lockedDoor(session); return; }
  forget();
  hall.session = null;
  door();
  notice(t("session.over"), { tone: "warn" });
});

for (const event of ["pointerdown", "keydown", "wheel"]) addEventListener(event, touch, { passive: true, capture: true });

async function begin() {
  applyTheme();
  matchMedia("(prefers-color-scheme: light)").addEventListener("change", applyTheme);
  await speak(wantedLocale());
  if (location.hash.startsWith("#/setup")) { door(); return; }
  try {
    await enter(await call("GET", "/v1/session"));
  } catch (error) {
    if (error instanceof Refused && error.status === 401) { door(); return; }
    if (error instanceof Refused && error.status === 423) { lockedDoor({ user: String(error.body["user"] ?? ""), name: String(error.body["name"] ?? ""), roles: [] }); return; }
    show(() => root.replaceChildren(failed(error instanceof Refused ? error : new Refused(0, "offline", String(error)), () => location.reload())));
    setTimeout(() => { void begin(); }, 3000);
  }
}
void begin();
