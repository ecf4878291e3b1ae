// What clients saw, over the run's time: outcomes, latency, outages; and growth.
import { areaY, dot, line, pointerX, rectY, ruleY, stackY, text, tip } from "@observablehq/plot";
import { draw, grid, isNarrow, logScale, numbers, ticksY, timeAxis, timeEdges } from "./chart.js";
import { at, faultRules } from "./fault_charts.js";
import { count, decimal, known, ms, msTick, t } from "./language.js";

export const OUTCOMES = ["acknowledged", "refused", "failed"];
const SEEN = 8; // pixels
const OUTCOME_FILLS = { acknowledged: "var(--ack)", refused: "var(--refused)", failed: "url(#hatch-failed)" };
const SHORT = { acknowledged: "ack_short", refused: "refused_short", failed: "failed_short" };

export function outcomesText(run) {
  const failing = run.failing();
  const counts = run.result.counts;
  return t("outcomes_alt", {
    acknowledged: count(counts.acknowledged),
    refused: count(counts.refused_as_allowed ?? 0),
    failed: count(counts.failed),
    when: failing ? t("failures_when", { from: at(run, failing[0]), until: at(run, failing[1]) }) : t("no_failures"),
  });
}

export function outcomesChart(run, width, { height = 190, most, end = run.end, axis = true, small = false } = {}) {
  const edges = timeEdges(width);
  const stretches = run.stretches((width - edges.marginLeft - edges.marginRight) / 4);
  const highest = most ?? Math.max(...stretches.map((one) => one.acknowledged + one.refused + one.failed));
  const parts = stretches.flatMap((one) => OUTCOMES.map((outcome) => ({ ...one, outcome, rate: one[outcome] })));
  // Few failures among many requests would be too thin to see.
  const marked = stretches.filter((one) => one.failed > 0 && (one.failed / highest) * height < SEEN);
  return draw(width, outcomesText(run), {
    height,
    ...edges,
    marginTop: 12,
    marginBottom: axis ? 26 : 6,
    x: timeAxis(width, end, axis),
    y: { label: null, domain: [0, (highest || 1) * 1.08], ticks: small ? 2 : 5, tickFormat: count, tickSize: 0 },
    color: { domain: OUTCOMES, range: OUTCOMES.map((outcome) => OUTCOME_FILLS[outcome]) },
    marks: [
      grid(small ? 2 : 5),
      rectY(parts, stackY({ x1: "from", x2: "until", y: "rate", fill: "outcome", order: OUTCOMES, insetLeft: 0.5 })),
      faultRules(run),
      dot(marked, {
        x: "middle",
        y: () => 0,
        dy: -5,
        symbol: "times",
        stroke: "var(--failed-mark)",
        strokeWidth: 1.8,
        r: 3.2,
        clip: false,
      }),
      ruleY([0], { stroke: "var(--axis)" }),
      small
        ? null
        : tip(
            stretches,
            pointerX({
              x: "middle",
              y: (one) => one.acknowledged + one.refused + one.failed,
              title: (one) =>
                [
                  `${at(run, one.from)} – ${at(run, one.until)}`,
                  ...OUTCOMES.map((outcome) => `${t(SHORT[outcome])}: ${decimal(one[outcome])}/s`),
                ].join("\n"),
            }),
          ),
    ],
  });
}

const FLOOR_MS = 0.01;
const shown = (value) => (known(value) ? Math.max(value, FLOOR_MS) : null);
export const LATENCIES = [
  { name: "p50", label: () => "p50", stroke: "var(--p50)", width: 2, dash: null },
  { name: "p99", label: () => "p99", stroke: "var(--p99)", width: 2, dash: "6,3" },
  { name: "max", label: () => t("longest"), stroke: "var(--longest)", width: 1.5, dash: "1.5,3" },
];

export function latencyChart(run, width) {
  const edges = timeEdges(width);
  const stretches = run
    .stretches((width - edges.marginLeft - edges.marginRight) / 3)
    .map((one) => ({ ...one, p50: shown(one.p50), p99: shown(one.p99), max: shown(one.max) }));
  const all = numbers(stretches.flatMap((one) => [one.p50, one.p99, one.max]));
  if (all.length === 0) return null;
  const scale = logScale(Math.min(...all) / 1.2, Math.max(...all) * 1.2);
  const latency = run.result.latency_ms ?? {};
  return draw(
    width,
    t("latency_alt", {
      p50: ms(latency.usual_p50 ?? latency.p50),
      p99: ms(latency.usual_p99 ?? latency.p99),
      max: ms(latency.max),
      time: at(run, run.slowestMoment()),
    }),
    {
      height: isNarrow(width) ? 190 : 220,
      ...edges,
      marginTop: 10,
      marginBottom: 26,
      x: timeAxis(width, run.end, true),
      y: { type: "log", domain: scale.domain, axis: null },
      marks: [
        ticksY(scale.ticks, msTick),
        faultRules(run),
        ...LATENCIES.map(({ name, stroke, width: strokeWidth, dash }) =>
          line(stretches, {
            x: "middle",
            y: name,
            stroke,
            strokeWidth,
            strokeDasharray: dash,
            curve: "linear",
          }),
        ),
        tip(
          stretches.filter((one) => known(one.max)),
          pointerX({
            x: "middle",
            y: "max",
            title: (one) =>
              [
                `${at(run, one.from)} – ${at(run, one.until)}`,
                ...LATENCIES.map(({ name, label }) => `${label()}: ${ms(one[name])}`),
              ].join("\n"),
          }),
        ),
      ],
    },
  );
}

export const OUTAGES = [
  { name: "first_acknowledged_ms", label: () => t("first_acknowledged"), symbol: "circle", filled: true },
  { name: "silence_ms", label: () => t("silence"), symbol: "diamond", filled: false },
];

// Whether each dot's figure has room before the next dot.
const FIGURE = 46;
function roomy(run, dots, width) {
  const edges = timeEdges(width);
  const second = (width - edges.marginLeft - edges.marginRight) / run.end;
  const times = [...new Set(dots.map((one) => one.at_s))].sort((a, b) => a - b);
  return times.every((time, i) => i === 0 || (time - times[i - 1]) * second > FIGURE);
}

export function outageChart(run, width) {
  const dots = run.outages.map((outage) => ({ ...outage, at_s: run.fault(outage.fault)?.at_s ?? 0 }));
  const all = numbers(dots.flatMap((one) => OUTAGES.map(({ name }) => one[name]))).map(shown);
  const never = dots.filter((one) => !known(one.first_acknowledged_ms));
  if (dots.length === 0) return null;
  const scale = all.length ? logScale(Math.min(...all) / 1.5, Math.max(...all) * 1.5) : logScale(1, 1000);
  const figures = run.result.outage_ms ?? {};
  return draw(width, t("outage_alt", { median: ms(figures.median), worst: ms(figures.worst) }), {
    height: isNarrow(width) ? 170 : 190,
    ...timeEdges(width),
    marginTop: 22,
    marginBottom: 26,
    x: timeAxis(width, run.end, true),
    y: { type: "log", domain: scale.domain, axis: null },
    marks: [
      ticksY(scale.ticks, msTick),
      faultRules(run),
      ...OUTAGES.map(({ name, symbol, filled }) =>
        dot(
          dots.filter((one) => known(one[name])),
          {
            x: "at_s",
            y: (one) => shown(one[name]),
            symbol,
            r: 4.5,
            strokeWidth: 1.6,
            stroke: filled ? "var(--p50)" : "var(--p99)",
            fill: filled ? "var(--p50)" : "var(--surface)",
            title: (one) => `${one.fault}: ${ms(one[name])}`,
          },
        ),
      ),
      roomy(run, dots, width)
        ? text(
            dots.filter((one) => known(one.first_acknowledged_ms)),
            {
              x: "at_s",
              y: (one) => shown(one.first_acknowledged_ms),
              text: (one) => ms(one.first_acknowledged_ms),
              dx: 9,
              dy: 8,
              textAnchor: "start",
              fill: "var(--ink)",
              stroke: "var(--surface)",
              strokeWidth: 4,
            },
          )
        : null,
      dot(never, {
        x: "at_s",
        frameAnchor: "top",
        dy: -8,
        symbol: "times",
        r: 4,
        stroke: "var(--failed-mark)",
        strokeWidth: 2,
        title: (one) => `${one.fault}: ${t("not_back")}`,
      }),
    ],
  });
}

export function growthChart(run, width, name) {
  const points = run.growth.filter((one) => known(one[name]));
  if (points.length < 2) return null;
  const values = points.map((one) => one[name]);
  const label = t(name === "memory_mib" ? "memory_alt" : "journal_alt", {
    first: decimal(values[0]),
    last: decimal(values.at(-1)),
    max: decimal(Math.max(...values)),
  });
  return draw(width, label, {
    height: 140,
    ...timeEdges(width),
    marginTop: 10,
    marginBottom: 26,
    x: timeAxis(width, Math.max(run.end, points.at(-1).at_s), true),
    y: {
      domain: [0, Math.max(...values) * 1.1 || 1],
      ticks: 4,
      tickFormat: (value) => decimal(value),
      label: null,
      tickSize: 0,
    },
    marks: [
      grid(4),
      areaY(points, { x: "at_s", y: name, fill: "var(--p50)", fillOpacity: 0.18 }),
      line(points, { x: "at_s", y: name, stroke: "var(--p50)", strokeWidth: 2 }),
      faultRules(run),
      ruleY([0], { stroke: "var(--axis)" }),
    ],
  });
}
