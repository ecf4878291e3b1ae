// The runs side by side: a table with bars, and the same time line of each.
import { h, table } from "./dom.js";
import { chartPlace, legend } from "./figures.js";
import { badge } from "./verdict.js";
import { count, known, ms, msPair, NOTHING, percent, t } from "./language.js";
import { outcomesChart } from "./time_charts.js";
import { RunData } from "./run_data.js";

const outcomeOf = (column) =>
  column.passed === column.runs.length ? "pass" : column.passed === 0 ? "fail" : "mixed";

// A bar without an end, of what never ended, is longer than any other.
const LONGEST = 0.8;
function bar(share) {
  if (!known(share)) return null;
  if (share === Infinity)
    return h("span", { class: "bar endless", "aria-hidden": "true" }, h("span", { style: "width:100%" }));
  const width = Math.max(share > 0 ? 1.5 : 0, Math.min(100, 100 * share));
  return h("span", { class: "bar", "aria-hidden": "true" }, h("span", { style: `width:${width.toFixed(2)}%` }));
}

function pair(figures, name) {
  const [median, worst] = [figures[`${name}.median`], figures[`${name}.worst`]];
  if (!known(median) && !known(worst)) return NOTHING;
  if (median === "never" || (!known(median) && worst === "never")) return t("never");
  const [first, second] = msPair(median, worst);
  return h("span", { class: "pair" }, h("span", {}, `${first} /`), " ", h("span", {}, second));
}

const size = (value) => (value === "never" ? Infinity : (value ?? 0));
const finding = (value) => h("span", { class: value > 0 ? "finding" : "" }, count(value));

export function tableOfColumns(report) {
  const { columns, results } = report;
  const published = report.published ?? [];
  const failedMost = Math.max(
    1e-9,
    ...columns.map((one) => one.figures.failed_percent ?? 0),
    ...published.map((one) => one.failed_percent),
  );
  const outageMost = Math.max(
    1e-9,
    ...columns.map((one) => size(one.figures["outage_ms.worst"])).filter(Number.isFinite),
  );
  const anyNever = columns.some((one) => one.figures["outage_ms.worst"] === "never");
  const outageBar = (worst) => (known(worst) ? bar((size(worst) / outageMost) * (anyNever ? LONGEST : 1)) : null);
  const heads = [
    [t("run")],
    [t("requests"), "number"],
    [t("failed_percent"), "number with-bar"],
    [t("failed"), "number"],
    [t("lost"), "number"],
    [t("doubled"), "number"],
    [t("outage"), "number with-bar"],
    [t("noticed"), "number"],
    [t("taken_over"), "number"],
    [t("redundant"), "number"],
    [t("p50"), "number"],
    [t("p99"), "number"],
  ];
  const rows = columns.map(({ title, figures, runs, passed }) => ({
    cells: [
      h(
        "span",
        { class: "run-name" },
        h("span", {}, title),
        badge(outcomeOf({ runs, passed })),
        runs.length > 1 ? h("span", { class: "small" }, t("passed_of", { passed, runs: runs.length })) : null,
      ),
      count(runs.reduce((sum, run) => sum + results[run].counts.requests, 0)),
      [percent(figures.failed_percent), bar((figures.failed_percent ?? 0) / failedMost)],
      finding(figures["counts.failed"]),
      finding(figures["lost.count"]),
      finding(figures["doubled.count"]),
      [pair(figures, "outage_ms"), outageBar(figures["outage_ms.worst"])],
      pair(figures, "detect_ms"),
      pair(figures, "take_over_ms"),
      pair(figures, "redundant_ms"),
      ms(figures["latency_ms.p50"]),
      ms(figures["latency_ms.p99"]),
    ],
  }));
  for (const one of published) {
    rows.push({
      className: "published",
      cells: [
        h(
          "span",
          { class: "run-name" },
          h("span", {}, one.label),
          h("span", { class: "badge from-paper" }, t("published")),
        ),
        NOTHING,
        [percent(one.failed_percent), bar(one.failed_percent / failedMost)],
        ...Array.from({ length: heads.length - 3 }, () => NOTHING),
      ],
    });
  }
  return table({ heads, rows, className: "columns" });
}

export const outcomeLegend = (withMark) => [
  [t("ack_short"), { fill: "var(--ack)" }],
  [t("refused_short"), { fill: "var(--refused)" }],
  [t("failed_short"), { fill: "url(#hatch-failed)" }],
  ...(withMark ? [[t("failures_mark"), { fill: "var(--failed-mark)", symbol: "times" }]] : []),
];

export function overview(report) {
  if (report.columns.length < 2) return null;
  const runs = report.columns
    .map((column) => ({ title: column.title, data: new RunData(report.results[column.runs[0]]) }))
    .filter(({ data }) => data.length > 0);
  if (runs.length < 2) return null;
  const end = Math.max(...runs.map(({ data }) => data.end));
  const most = Math.max(...runs.map(({ data }) => data.highestRate(120)));
  return h(
    "figure",
    { class: "overview" },
    h("figcaption", {}, h("h3", {}, t("overview")), legend(outcomeLegend(true))),
    runs.map(({ title, data }, i) =>
      h(
        "div",
        { class: "strip" },
        h("h4", {}, title),
        chartPlace([
          (width) =>
            outcomesChart(data, width, {
              height: i === runs.length - 1 ? 92 : 72,
              most,
              end,
              axis: i === runs.length - 1,
              small: true,
            }),
        ]),
      ),
    ),
    h("p", { class: "note" }, t("overview_note", { same_scale: t("same_scale") })),
  );
}

export function sideBySide(report) {
  const { columns } = report;
  return h(
    "section",
    { "aria-labelledby": "side-title" },
    h(
      "h2",
      { id: "side-title" },
      t(columns.length + (report.published ?? []).length > 1 ? "side_by_side" : "figures"),
    ),
    tableOfColumns(report),
    h("p", { class: "note" }, t("table_note")),
    overview(report),
  );
}
