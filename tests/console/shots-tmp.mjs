import { Console, browser } from "./console.mjs";
const [url, commands, dir] = process.argv.slice(2);
const chrome = await browser();
const local = async (m, p, b) => { const a = await fetch(commands + p, { method: m, ...(b ? { body: JSON.stringify(b), headers: { "content-type": "application/json" } } : {}) }); const t = await a.text(); if (!a.ok) throw new Error(`${a.status} ${t}`); return t; };
try {
  const one = await Console.open(chrome, url, { width: 1440, height: 900 });
  const two = await Console.open(chrome, url, { width: 1440, height: 900 });
  await one.signIn("wang", "correct-horse-7Q"); await two.signIn("li", "correct-horse-7Q");
  for (const locale of ["zh-CN", "en"]) for (const theme of ["dark", "light"]) {
    await one.look(locale, theme);
    await one.go("events");
    await one.page.locator(".event .event-open").first().click();
    await one.page.locator(".map-legend").filter({ hasText: /\S/ }).waitFor();
    await one.page.waitForTimeout(800);
    await one.page.screenshot({ path: `${dir}/event-${locale}-${theme}.png` });
    const { serious } = await one.axe();
    console.log("axe", locale, theme, JSON.stringify(serious));
    await one.page.keyboard.press("Escape");
    await one.go("wall");
    await one.page.waitForTimeout(500);
    // one opens too much
    const wall = await one.wall();
    const w = await one.windows("air");
    await two.api(`/v1/walls/main/windows/${w.windows.at(-1).window}`, "PATCH", { base_revision: w.revision, rect: { x: 940, y: 40 + Math.round(Math.random() * 200), width: 900, height: 506 } });
    await one.page.locator(".window.others").first().waitFor();
    await one.page.screenshot({ path: `${dir}/others-${locale}-${theme}.png` });
    const seen = await one.windows("air");
    await one.api("/v1/walls/main/reset", "POST", { of: "air" });
    await one.page.waitForTimeout(600);
    for (const name of locale === "en" ? ["Shore", "Nanfeng"] : ["湖岸", "南风"]) {
      await one.page.locator("#source-search").fill(name);
      await one.page.waitForTimeout(500);
      await one.page.locator("#source-search").press("Enter");
      await one.page.waitForTimeout(900);
      const all = await one.windows("air");
      const last = all.windows.find((x) => x.window === "o" + (all.windows.filter((y) => y.window.startsWith("o")).length));
      if (last) await one.page.locator(`li[data-key=${last.window}]`).dblclick({ force: true });
      await one.page.waitForTimeout(900);
    }
    await one.page.screenshot({ path: `${dir}/budget-${locale}-${theme}.png` });
    const notice = one.page.locator(".notice.warn button").first();
    console.log("notice", await one.page.locator(".notice .notice-words").allInnerTexts());
    if (await notice.count()) { await notice.click(); await one.page.waitForTimeout(900); }
    console.log("after", JSON.stringify((await one.windows("air")).windows.map((x) => [x.window, x.small_stream, x.rect.width])));
    await one.api("/v1/walls/main/reset", "POST", { of: "air" });
    console.log("complaints", one.complaints);
  }
} finally { await chrome.close(); }
