// The verdict: a sign, a word and one line.
import { h, svg, table } from "./dom.js";
import { count, language, ms, some, t } from "./language.js";

const SIGNS = {
  pass: ["M6 17l7 7L26 9"],
  fail: ["M8 8l16 16M24 8L8 24"],
  mixed: ["M6 11l4 4 6-8", "M18 19l8 8M26 19l-8 8"],
};

export function sign(outcome, size) {
  const lines = SIGNS[outcome].map((d) =>
    svg("path", {
      d,
      fill: "none",
      stroke: "currentColor",
      "stroke-width": 3.6,
      "stroke-linecap": "round",
      "stroke-linejoin": "round",
    }),
  );
  return svg(
    "svg",
    { class: "sign", width: size, height: size, viewBox: "0 0 32 32", "aria-hidden": "true" },
    ...lines,
  );
}

export const outcomeOf = (result) => (result.verdict.pass ? "pass" : "fail");

export function badge(outcome) {
  return h("span", { class: `badge ${outcome}` }, sign(outcome, 14), t(outcome));
}

function worstOutage(values) {
  if (values.includes("never")) return t("never_back");
  const known = values.filter((value) => typeof value === "number");
  return known.length ? t("worst_outage", { time: ms(Math.max(...known)) }) : null;
}

// "0 of 56,120 requests failed; nothing lost, nothing doubled; worst outage 48 ms".
function lineOf(results, outages) {
  const total = (value) => results.reduce((sum, result) => sum + (value(result) ?? 0), 0);
  const parts = [
    t("line_failed", {
      failed: count(total((one) => one.counts.failed)),
      requests: count(total((one) => one.counts.requests)),
    }),
  ];
  const findings = ["lost", "doubled"]
    .filter((name) => results.some((one) => typeof one[name]?.count === "number"))
    .map((name) => {
      const found = total((one) => one[name]?.count);
      return found > 0 ? t(`some_${name}`, { count: count(found) }) : t(`nothing_${name}`);
    });
  if (findings.length) parts.push(findings.join(", "));
  const outage = worstOutage(outages);
  if (outage) parts.push(outage);
  return parts.join("; ");
}

// After its last fault nothing was acknowledged any more.
function neverBack(result) {
  const last = result.outage_ms?.each?.at(-1);
  return last !== undefined && typeof last.first_acknowledged_ms !== "number";
}

// The program says it in English; its own words are best there.
export function runLine(result) {
  if (language() === "en") return result.verdict.line;
  return lineOf([result], [neverBack(result) ? "never" : result.outage_ms?.worst]);
}

function reportLine(report) {
  if (report.results.length === 1) return runLine(report.results[0]);
  const line = lineOf(
    report.results,
    report.columns.map((column) => column.figures["outage_ms.worst"]),
  );
  return `${t("line_runs", { runs: report.results.length })}: ${line}`;
}

function columnLists(report) {
  const named = (column) =>
    column.runs.length === 1
      ? column.title
      : t("column_of", { title: column.title, passed: column.passed, runs: column.runs.length });
  const good = report.columns.filter((column) => column.passed === column.runs.length).map(named);
  const bad = report.columns.filter((column) => column.passed < column.runs.length).map(named);
  return h(
    "p",
    { class: "line" },
    good.length ? [h("strong", {}, t("columns_passed", { list: some(good) })), ". "] : null,
    t("columns_failed", { list: some(bad) }),
    ".",
  );
}

export function verdictSection(report) {
  const { outcome } = report.verdict;
  return h(
    "section",
    { class: `verdict ${outcome}`, "aria-labelledby": "verdict-title" },
    sign(outcome, 56),
    h(
      "div",
      {},
      h("h2", { id: "verdict-title" }, h("span", { class: "visually-hidden" }, `${t("verdict")}: `), t(outcome)),
      report.verdict.outcome === "mixed" ? columnLists(report) : h("p", { class: "line" }, reportLine(report)),
    ),
  );
}

export function brokenTable(result) {
  const broken = result.verdict.broken ?? [];
  if (broken.length === 0) return null;
  return table({
    className: "broken",
    caption: t("broken_title"),
    heads: [[t("what")], [t("wanted")], [t("found")]],
    rows: broken.map((one) => ({ cells: [one.what, one.wanted ?? "", one.found ?? ""] })),
  });
}
