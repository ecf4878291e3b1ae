// Latency as a distribution: how many took how long, and what share was slower.
import { line, rect, ruleX, text } from "@observablehq/plot";
import { draw, isNarrow, logScale, ticksX, ticksY } from "./chart.js";
import { count, decimal, ms, msTick, t } from "./language.js";

// With the side of its mark on which each label stands, since the last two are near each other.
const PERCENTILES = [
  { name: "p50", label: "p50", side: "middle", dx: 0 },
  { name: "p99", label: "p99", side: "end", dx: 3 },
  { name: "p999", label: "p99.9", side: "start", dx: -3 },
];
const HEIGHT = 220;

// [upper, count] as bars between the bounds. Steps in which there is no request are left out of a histogram: where one
// is much wider than they usually are, there is a gap before it.
const GAP = 1.6;
function bars(histogram) {
  const steps = histogram.slice(1).map(([upper], i) => upper / histogram[i][0]);
  const usual = steps.length ? [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)] : 2;
  return histogram.map(([upper, requests], i) => {
    const follows = i > 0 && steps[i - 1] < usual * GAP;
    return { from: follows ? histogram[i - 1][0] : upper / usual, until: upper, requests };
  });
}

const edges = (width) => ({
  marginLeft: isNarrow(width) ? 58 : 64,
  marginRight: 18,
  marginTop: 24,
  marginBottom: 28,
});

function timeScale(run, width) {
  const shown = bars(run.histogram);
  const [from, until] = [shown[0].from, shown.at(-1).until];
  return {
    type: "log",
    domain: [from, until],
    axis: null,
    ticks: logScale(from, until, Math.floor(width / 72)).ticks,
  };
}

function percentileMarks(run, [from, until]) {
  const marks = PERCENTILES.map((one) => ({ ...one, at: run.result.latency_ms[one.name] })).filter(
    ({ at }) => at >= from && at <= until,
  );
  return [
    ruleX(marks, { x: "at", stroke: "var(--ink)", strokeDasharray: "4,3" }),
    marks.map(({ at, label, side, dx }) =>
      text([label], { x: [at], textAnchor: side, dx, frameAnchor: "top", dy: -14, fill: "var(--ink)" }),
    ),
  ];
}

export function histogramChart(run, width) {
  if (run.histogram.length === 0) return null;
  const latency = run.result.latency_ms;
  const shown = bars(run.histogram).filter((bar) => bar.requests > 0);
  const scale = logScale(1, 1.2 * Math.max(...shown.map((bar) => bar.requests)), 6);
  const x = timeScale(run, width);
  return draw(width, t("histogram_alt", { p50: ms(latency.p50), p99: ms(latency.p99), max: ms(latency.max) }), {
    height: HEIGHT,
    ...edges(width),
    x,
    y: { type: "log", domain: [0.7, scale.domain[1]], axis: null },
    marks: [
      ticksX(x.ticks, msTick),
      ticksY(scale.ticks, count),
      rect(shown, {
        x1: "from",
        x2: "until",
        y1: 0.7,
        y2: "requests",
        fill: "var(--ack)",
        insetLeft: 0.5,
        insetRight: 0.5,
        title: (bar) => `${ms(bar.from)} – ${ms(bar.until)}: ${count(bar.requests)} ${t("count")}`,
      }),
      ...percentileMarks(run, x.domain),
    ],
  });
}

export function slowerChart(run, width) {
  if (run.histogram.length === 0) return null;
  const latency = run.result.latency_ms;
  const total = run.histogram.reduce((sum, [, requests]) => sum + requests, 0);
  let slower = total;
  const points = bars(run.histogram)
    .map((bar) => {
      slower -= bar.requests;
      return { at: bar.until, share: (100 * slower) / total };
    })
    .filter((point) => point.share > 0);
  points.unshift({ at: bars(run.histogram)[0].from, share: 100 });
  const least = Math.min(...points.map((point) => point.share));
  const scale = logScale(least / 1.5, 100, 6);
  const x = timeScale(run, width);
  return draw(width, t("slower_alt", { p90: ms(latency.p90), p99: ms(latency.p99), p999: ms(latency.p999) }), {
    height: HEIGHT,
    ...edges(width),
    x,
    y: { type: "log", domain: [scale.domain[0], 100], axis: null },
    marks: [
      ticksX(x.ticks, msTick),
      ticksY(scale.ticks, (share) => `${decimal(share, 6)} %`),
      line(points, { x: "at", y: "share", stroke: "var(--p50)", strokeWidth: 2, curve: "step-after" }),
      ...percentileMarks(run, x.domain),
    ],
  });
}
