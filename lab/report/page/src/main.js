// The page of a report: everything is made from the data that stands in it.
import { circumstances } from "./circumstances.js";
import { h } from "./dom.js";
import { forgetCharts, forPaper, forScreen, patterns } from "./figures.js";
import { choose, language, LANGUAGES, t } from "./language.js";
import { runSection } from "./run_section.js";
import { sideBySide } from "./side_by_side.js";
import { verdictSection } from "./verdict.js";

const report = JSON.parse(document.getElementById("report-data").textContent);
const page = document.getElementById("page");

function languageSwitch() {
  return h(
    "div",
    { class: "languages", role: "group", "aria-label": t("languages") },
    Object.entries(LANGUAGES).map(([tag, { name }]) => {
      const button = h("button", { type: "button", lang: tag, "aria-pressed": String(tag === language()) }, name);
      button.addEventListener("click", () => {
        choose(tag);
        show();
        page.querySelector(`button[lang=${tag}]`).focus();
      });
      return button;
    }),
  );
}

function runs() {
  const openAtFirst = 0;
  const titleOf = (run) => report.columns.find((column) => column.runs.includes(run)).title;
  return h(
    "section",
    { "aria-labelledby": "runs-title" },
    h("h2", { id: "runs-title" }, t("runs")),
    report.results.map((result, i) => runSection(result, titleOf(i), i + 1, i === openAtFirst)),
  );
}

function show() {
  const open = [...page.querySelectorAll("details[id][open]")].map((details) => details.id);
  const isFirst = page.querySelector("main") === null;
  document.documentElement.lang = language();
  document.title = `${report.title} · SportApp`;
  forgetCharts();
  page.replaceChildren(
    patterns(),
    h(
      "header",
      {},
      h("div", { class: "above" }, h("p", { class: "kind" }, `SportApp · ${t("report")}`), languageSwitch()),
      h("h1", {}, report.title),
    ),
    h("main", {}, verdictSection(report), sideBySide(report), runs(), circumstances(report)),
    h("footer", {}, h("p", {}, t("footer"))),
  );
  if (!isFirst)
    page.querySelectorAll("details.run").forEach((details) => {
      details.open = open.includes(details.id);
    });
}

if (report !== null) {
  show();
  addEventListener("beforeprint", forPaper);
  addEventListener("afterprint", forScreen);
}
