// @ts-check
// What a finger does on a tablet in the hall: a source is put on the wall by a tap, its window is dragged, and it goes again.
import { Console } from "./console.mjs";

/**
 * @param {{ chrome: import("playwright-core").Browser, url: string, user: string, password: string, search: string,
 *   act: (proof: string, work: () => Promise<Record<string, unknown>>) => Promise<void>, swallow: ((seat: Console) => Promise<void>) | null }} given
 *   `swallow` plants a fault: what is put on the wall never reaches the controller
 */
export async function touch({ chrome, url, user, password, search, act, swallow }) {
  const seat = await Console.open(chrome, url, { width: 1180, height: 820, touch: true });
  const { page } = seat;
  const rectOf = (/** @type {any} */ all, /** @type {string} */ window) => all.windows.find((/** @type {any} */ w) => w.window === window)?.rect;
  let opened = "", source = "";
  await act("touch: sign in", async () => {
    await seat.signIn(user, password);
    const fingers = await page.evaluate(() => navigator.maxTouchPoints);
    if (fingers < 1) throw new Error("the page knows of no touch");
    return { fingers };
  });
  if (swallow) await swallow(seat);
  await act("touch: open a source by a tap", async () => {
    const found = await seat.find(search);
    const before = await seat.windows();
    await page.locator(".tray .source-item .source-open").first().tap();
    const is = (/** @type {any} */ w) => w.label?.zh === found.name && !before.windows.some((/** @type {any} */ x) => x.window === w.window);
    const after = await seat.until(() => seat.windows(), (w) => w.revision > before.revision && w.windows.some(is));
    const fresh = after.windows.filter(is).pop();
    opened = fresh.window;
    source = fresh.source;
    await page.locator(`.sheet.of-air li[data-key="${opened}"]`).waitFor();
    return { window: opened, source, rect: fresh.rect };
  });
  if (swallow) { await page.context().close(); return; }
  await act("touch: drag the window", async () => {
    if (opened === "") throw new Error("no window was opened");
    const wall = await seat.wall();
    const from = rectOf(await seat.windows(), opened);
    const middle = { x: from.x + from.width / 2, y: from.y + from.height / 2 };
    // Towards the side that has room.
    const way = middle.x < wall.canvas.width / 2 ? 1 : -1;
    const goal = { x: middle.x + (way * wall.canvas.width) / 4, y: middle.y };
    await finger(page, await seat.at("air", middle.x, middle.y), await seat.at("air", goal.x, goal.y));
    const after = await seat.until(() => seat.windows(), (all) => { const rect = rectOf(all, opened); return rect && Math.abs(rect.x - from.x) > wall.canvas.width / 8; });
    return { window: opened, source, rect: rectOf(after, opened), from };
  });
  await act("touch: close the window", async () => {
    const now = await seat.windows();
    await page.locator(`.sheet.of-air li[data-key="${opened}"]`).focus();
    await page.keyboard.press("Delete");
    await seat.until(() => seat.windows(), (w) => !rectOf(w, opened));
    return { window: opened, source, from: rectOf(now, opened) };
  });
  await act("touch: sign out", async () => { await seat.signOut(); return {}; });
  await page.context().close();
}

/** One finger that is put down, moved and lifted. @param {import("playwright-core").Page} page @param {{ x: number, y: number }} from @param {{ x: number, y: number }} to */
async function finger(page, from, to) {
  const session = await page.context().newCDPSession(page);
  const at = (/** @type {number} */ part) => [{ x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part }];
  await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: at(0) });
  for (let i = 1; i <= 12; i += 1) await session.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: at(i / 12) });
  await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await session.detach();
}
