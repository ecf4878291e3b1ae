// One run with all its charts and lists.
import { h, table } from "./dom.js";
import { histogramChart, slowerChart } from "./distribution_charts.js";
import { faultsChart, rolesChart } from "./fault_charts.js";
import { chartPlace, figure } from "./figures.js";
import { count, date, exactMoment, known, moment, ms, NOTHING, percent, t } from "./language.js";
import { RunData } from "./run_data.js";
import { outcomeLegend } from "./side_by_side.js";
import { growthChart, LATENCIES, latencyChart, outageChart, OUTAGES, outcomesChart } from "./time_charts.js";
import { badge, brokenTable, outcomeOf, runLine } from "./verdict.js";

const SLOW_SHOWN = 8;
const FINDINGS = ["lost", "doubled", "different", "stale", "unasked", "reordered"];

// Lists of an hour's run would fill a stack of paper; its page and report.json have them.
const ON_PAPER_MOST = 100;
const moreOrLong = (rows) => (rows.length > ON_PAPER_MOST ? "more long" : "more");

function tiles(result) {
  const { counts } = result;
  const share = counts.requests > 0 ? percent((100 * counts.failed) / counts.requests) : NOTHING;
  const entries = [
    [t("requests"), count(counts.requests)],
    [t("acknowledged"), count(counts.acknowledged)],
    [t("failed"), `${count(counts.failed)}`, counts.failed > 0 ? `${share} %` : null, counts.failed > 0],
    [t("masked"), count(counts.masked)],
    [t("refused"), count(counts.refused_as_allowed)],
    [t("poison"), count(counts.poison)],
    counts.not_yet > 0 ? [t("not_yet"), count(counts.not_yet)] : null,
    ...FINDINGS.map((name) => [t(name), count(result[name]?.count), null, result[name]?.count > 0]),
    ["p50", ms(result.latency_ms?.p50)],
    ["p99", ms(result.latency_ms?.p99)],
    [t("longest"), ms(result.latency_ms?.max)],
  ];
  return h(
    "dl",
    { class: "tiles" },
    entries
      .filter(Boolean)
      .map(([name, value, small, bad]) =>
        h(
          "div",
          { class: bad ? "bad" : "" },
          h("dt", {}, name),
          h("dd", {}, value, small ? h("small", {}, ` ${small}`) : null),
        ),
      ),
  );
}

function findings(result) {
  const by = Object.entries(result.failed_by ?? {}).map(([how, times]) => `${how}: ${count(times)}`);
  const found = FINDINGS.filter((name) => (result[name]?.examples ?? []).length > 0);
  return [
    by.length ? h("p", {}, h("strong", {}, `${t("failed_by")}: `), by.join(", ")) : null,
    found.map((name) => [
      h("h4", {}, t("examples", { what: t(name) })),
      h(
        "ul",
        { class: "examples" },
        result[name].examples.map((text) => h("li", {}, h("code", {}, text))),
      ),
    ]),
  ];
}

function timeLine(run) {
  const rolesLegend = [
    [t("primary"), { fill: "var(--primary)" }],
    [t("spare"), { fill: "var(--spare)" }],
    [t("away"), { fill: "url(#hatch-away)" }],
  ];
  const lines = LATENCIES.map(({ label, stroke, dash }) => [label(), { line: stroke, dash }]);
  const stretch = run.length > 0 ? run.stretches(240)[0].seconds : 0;
  const note = stretch > run.bucketS ? t("bucket_note", { time: moment(stretch) }) : null;
  return h(
    "div",
    { class: "time-line" },
    h("h3", {}, t("time_line")),
    run.faults.length
      ? figure(t("faults"), null, chartPlace([(width) => faultsChart(run, width)]))
      : h("p", {}, t("no_faults")),
    run.roles.length ? figure(t("roles"), rolesLegend, chartPlace([(width) => rolesChart(run, width)])) : null,
    run.length
      ? [
          figure(
            t("outcomes"),
            outcomeLegend(run.failing() !== null),
            chartPlace([(width) => outcomesChart(run, width)]),
          ),
          figure(t("latency"), lines, chartPlace([(width) => latencyChart(run, width)]), note),
        ]
      : h("p", {}, t("no_time_line")),
  );
}

function outages(run) {
  if (run.outages.length === 0) return null;
  const marks = OUTAGES.map(({ label, symbol, filled }) => [
    label(),
    { symbol, fill: filled ? "var(--p50)" : "var(--p99)", hollow: !filled },
  ]);
  if (run.outages.some((one) => !known(one.first_acknowledged_ms)))
    marks.push([t("not_back"), { symbol: "times", fill: "var(--failed-mark)" }]);
  return figure(t("outage_each"), marks, chartPlace([(width) => outageChart(run, width)]));
}

function distribution(run) {
  if (run.histogram.length === 0) return null;
  const latency = run.result.latency_ms;
  const percentiles = [
    ["p50", "p50"],
    ["p90", "p90"],
    ["p99", "p99"],
    ["p999", "p99.9"],
    ["max", t("longest")],
  ];
  return h(
    "div",
    {},
    h("h3", {}, t("distribution")),
    h(
      "div",
      { class: "pair-of-charts" },
      figure(t("histogram"), null, chartPlace([(width) => histogramChart(run, width)], { share: 2 })),
      figure(t("slower"), null, chartPlace([(width) => slowerChart(run, width)], { share: 2 })),
    ),
    h(
      "dl",
      { class: "tiles few" },
      percentiles
        .filter(([name]) => known(latency[name]))
        .map(([name, label]) => h("div", {}, h("dt", {}, label), h("dd", {}, ms(latency[name])))),
    ),
  );
}

function slowRequests(run) {
  const rowsOf = (list) =>
    list.map((one) => ({
      cells: [
        count(one.number),
        one.op ?? "",
        exactMoment(one.sent_s),
        ms(one.took_ms),
        known(one.fault) ? count(one.fault) : NOTHING,
      ],
    }));
  const heads = [[t("number")], [t("op")], [t("sent"), "number"], [t("took"), "number"], [t("fault"), "number"]];
  const list = (requests) => table({ heads, rows: rowsOf(requests), className: "compact" });
  const { slow } = run;
  return h(
    "div",
    {},
    h("h3", {}, t("slow_title")),
    slow.length === 0
      ? h("p", {}, t("slow_none"))
      : [
          h(
            "p",
            { class: "note" },
            t("slow_note", { shown: count(slow.length), masked: count(run.result.counts.masked) }),
          ),
          list(slow.slice(0, SLOW_SHOWN)),
          slow.length > SLOW_SHOWN
            ? h(
                "details",
                { class: "more" },
                h("summary", {}, t("slow_others", { count: count(slow.length - SLOW_SHOWN) })),
                list(slow.slice(SLOW_SHOWN)),
              )
            : null,
        ],
  );
}

function growth(run) {
  const has = (name) => run.growth.filter((one) => known(one[name])).length > 1;
  if (!has("memory_mib") && !has("journal_mib")) return null;
  return h(
    "div",
    {},
    h("h3", {}, t("growth")),
    ["memory_mib", "journal_mib"]
      .filter(has)
      .map((name) =>
        figure(
          t(name === "memory_mib" ? "memory" : "journal"),
          null,
          chartPlace([(width) => growthChart(run, width, name)]),
        ),
      ),
  );
}

function faultsTable(run) {
  if (run.faults.length === 0) return null;
  const outage = (number) => run.outages.find((one) => one.fault === number);
  const time = (one, name) => (!one ? NOTHING : known(one[name]) ? ms(one[name]) : t("none"));
  const rows = run.faults.map((fault) => ({
    cells: [
      count(fault.number),
      fault.what ?? fault.kind,
      fault.target ?? "",
      exactMoment(fault.at_s, 2),
      exactMoment(fault.healed_s, 2),
      time(outage(fault.number), "first_acknowledged_ms"),
      time(outage(fault.number), "silence_ms"),
    ],
  }));
  return h(
    "details",
    { class: moreOrLong(rows) },
    h("summary", {}, t("faults_table", { count: count(run.faults.length) })),
    table({
      rows,
      className: "compact",
      heads: [
        [t("fault")],
        [t("what")],
        [t("target")],
        [t("at"), "number"],
        [t("healed"), "number"],
        [t("first_acknowledged"), "number"],
        [t("silence"), "number"],
      ],
    }),
  );
}

function eventsTable(run) {
  if (run.events.length === 0) return null;
  const rows = run.events.map((event) => ({
    cells: [exactMoment(event.at_s), event.service ?? "", event.rule ?? "", event.what ?? ""],
  }));
  return h(
    "details",
    { class: moreOrLong(rows) },
    h("summary", {}, t("events", { count: count(run.events.length) })),
    table({ rows, className: "compact", heads: [[t("at")], [t("service")], [t("rule")], [t("what")]] }),
  );
}

// `title`: of its column; `open`: shown at first; the others are opened by whoever wants to see them.
export function runSection(result, title, number, open) {
  const run = new RunData(result);
  return h(
    "details",
    { class: "run", open, id: `run-${number}` },
    h(
      "summary",
      {},
      h(
        "h3",
        {},
        badge(outcomeOf(result)),
        h("span", {}, `${title}, ${t("run_number", { number })}`),
        h("span", { class: "small" }, date(result.started)),
      ),
      h("span", { class: "line" }, runLine(result)),
    ),
    h(
      "div",
      { class: "run-body" },
      tiles(result),
      brokenTable(result),
      findings(result),
      timeLine(run),
      outages(run),
      distribution(run),
      slowRequests(run),
      growth(run),
      faultsTable(run),
      eventsTable(run),
    ),
  );
}
