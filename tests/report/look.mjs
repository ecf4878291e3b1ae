// Looks at pages of reports in Chromium, started once: node look.mjs PLAN FOLDER. PLAN is JSON: {"chromium": PROGRAM,
// "reports": {NAME: {"file": FILE, "schemes": ["light", ...]}}}. Prints what it saw, as JSON; screenshots and PDFs go
// into FOLDER.
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.env.NODE_PATH, "look.cjs"));
const { chromium } = require("playwright-core");
const axe = require("axe-core");

const [planText, folder] = process.argv.slice(2);
const plan = JSON.parse(planText);
const LAPTOP = { width: 1280, height: 900 };
const PHONE = { width: 400, height: 800 };

// Runs in the page: what it shows, everything opened.
function read() {
  document.querySelectorAll("details").forEach((details) => {
    details.open = true;
  });
  const text = (element) => element?.textContent.replace(/\s+/g, " ").trim() ?? null;
  const texts = (selector) => [...document.querySelectorAll(selector)].map(text);
  return {
    language: document.documentElement.lang,
    title: document.title,
    verdict: {
      className: document.querySelector(".verdict")?.className,
      word: text(document.querySelector(".verdict h2")),
      line: text(document.querySelector(".verdict .line")),
    },
    headings: [...document.querySelectorAll("h1, h2, h3, h4")].map((one) => [Number(one.tagName[1]), text(one)]),
    rows: [...document.querySelectorAll("table.columns tbody tr")].map((row) => ({
      name: text(row.querySelector("th")),
      published: row.classList.contains("published"),
      cells: Object.fromEntries([...row.querySelectorAll("td")].map((cell) => [cell.dataset.label, text(cell)])),
      bars: [...row.querySelectorAll(".bar span")].map((bar) => bar.getBoundingClientRect().width),
    })),
    code: texts("pre code"),
    examples: texts(".examples code"),
    broken: texts("table.broken td"),
    slow: document.querySelectorAll("details.run:first-of-type table.compact").length,
    elements: {
      img: document.images.length,
      script: document.scripts.length,
      iframe: document.querySelectorAll("iframe, object, embed").length,
    },
    attacked: window.attacked ?? null,
  };
}

// Runs in the page, after its charts have had time to be drawn.
function readCharts() {
  const drawn = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 || box.height > 0;
  };
  const filled = (svg, fill) =>
    [...svg.querySelectorAll(`rect[fill="${fill}"], [fill="${fill}"] rect`)].filter(
      (one) => one.getBoundingClientRect().height > 0.2,
    ).length;
  return [...document.querySelectorAll(".chart")].map((chart) => {
    const svg = chart.querySelector("svg");
    if (svg === null) return { drawn: false };
    const left = svg.getBoundingClientRect().left;
    return {
      drawn: drawn(svg),
      label: svg.getAttribute("aria-label"),
      role: svg.getAttribute("role"),
      run: chart.closest("details.run")?.id ?? null,
      title: chart.closest("figure")?.querySelector("h4, h3")?.textContent ?? null,
      marks: [...svg.querySelectorAll("path, rect, line, circle")].filter(drawn).length,
      broken: svg.outerHTML.includes("NaN"),
      failed: filled(svg, "url(#hatch-failed)"),
      primary: filled(svg, "var(--primary)"),
      away: filled(svg, "url(#hatch-away)"),
      faultsAt: [...svg.querySelectorAll('g[stroke="var(--fault)"] line')].map((line) =>
        Math.round(line.getBoundingClientRect().left - left),
      ),
    };
  });
}

// Runs in the page: what sticks out at the right.
function readOverflow() {
  const edge = Math.min(innerWidth, document.getElementById("page").getBoundingClientRect().right) + 1;
  const out = [...document.querySelectorAll("body *")].filter((element) => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.right > edge && !element.closest(".visually-hidden, thead");
  });
  return {
    page: document.documentElement.scrollWidth - innerWidth,
    elements: out
      .slice(0, 5)
      .map((one) => `${one.tagName} ${one.getAttribute("class")} ${one.textContent.slice(0, 40)}`),
  };
}

const settled = (page) =>
  page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

async function violations(page) {
  await page.evaluate(axe.source);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.flatMap((one) =>
    one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ""}`),
  );
}

async function lookAt(browser, name, { file, schemes }) {
  const seen = { trouble: [], requests: [], overflow: {}, violations: {} };
  const url = pathToFileURL(file).href;
  for (const scheme of schemes) {
    const context = await browser.newContext({ viewport: LAPTOP, colorScheme: scheme, locale: "en-US" });
    const page = await context.newPage();
    page.on("console", (message) => seen.trouble.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => seen.trouble.push(String(error)));
    page.on("dialog", (dialog) => {
      seen.trouble.push(`dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    page.on("request", (request) => {
      if (request.url() !== url && !request.url().startsWith("data:")) seen.requests.push(request.url());
    });
    await page.goto(url);
    await settled(page);
    await page.screenshot({ path: join(folder, `${name}-${scheme}.png`), fullPage: true });
    seen.page ??= await page.evaluate(read);
    await page.evaluate(read); // opens everything here too
    await settled(page);
    seen.charts ??= await page.evaluate(readCharts);
    seen.overflow[`laptop ${scheme}`] = await page.evaluate(readOverflow);
    seen.ground = {
      ...seen.ground,
      [scheme]: await page.evaluate(() => getComputedStyle(document.body).backgroundColor),
    };
    seen.violations[scheme] = await violations(page);
    if (scheme === "light") {
      await page.pdf({
        path: join(folder, `${name}.pdf`),
        preferCSSPageSize: true,
        printBackground: true,
        tagged: true,
        outline: true,
      });
      await page.setViewportSize(PHONE);
      await settled(page);
      seen.overflow.phone = await page.evaluate(readOverflow);
      await page.screenshot({ path: join(folder, `${name}-phone.png`), fullPage: true });
      await page.locator("button[lang=es]").click();
      await settled(page);
      seen.spanish = await page.evaluate(read);
      await settled(page);
      seen.overflow["phone, Spanish"] = await page.evaluate(readOverflow);
    }
    await context.close();
  }
  return seen;
}

const browser = await chromium.launch({
  executablePath: plan.chromium,
  args: process.getuid() === 0 ? ["--no-sandbox"] : [],
});
try {
  const seen = {};
  for (const [name, report] of Object.entries(plan.reports)) seen[name] = await lookAt(browser, name, report);
  // A browser that prefers Spanish shows it without being asked.
  const context = await browser.newContext({ viewport: LAPTOP, locale: "es-CO" });
  const page = await context.newPage();
  await page.goto(pathToFileURL(Object.values(plan.reports)[0].file).href);
  seen.preferred = await page.evaluate(() => document.documentElement.lang);
  process.stdout.write(JSON.stringify(seen));
} finally {
  await browser.close();
}
