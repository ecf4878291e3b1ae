// What all charts have in common.
import { axisX, axisY, gridY, plot } from "@observablehq/plot";
import { clock, known } from "./language.js";

const NARROW = 560;
export const isNarrow = (width) => width < NARROW;

// Charts over the run's time have the same edges, so that they stand over one x axis.
export function timeEdges(width) {
  return { marginLeft: isNarrow(width) ? 72 : 88, marginRight: isNarrow(width) ? 10 : 20 };
}

export function timeAxis(width, end, shown) {
  const long = end > 180;
  const ticks = Math.max(3, Math.min(12, Math.floor(width / 90)));
  return {
    type: "linear",
    domain: [0, end],
    label: null,
    ticks: shown ? timeTicks(end, ticks) : [],
    tickFormat: (seconds) => clock(seconds, long),
    tickSize: shown ? 5 : 0,
  };
}

// Times that a clock shows: 1, 2, 5, 10, 15, 30 s, 1, 2, 5... minutes apart.
function timeTicks(end, most) {
  const steps = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600];
  const step = steps.find((one) => end / one <= most) ?? end / most;
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, i) => i * step);
}

// A logarithmic scale for positive numbers: its domain, and as many of 1, 2, 5, 10, 20... as there is room for.
export function logScale(least, greatest, ticksMost = 7) {
  let [from, to] = [least, greatest];
  while (to / from < 10) [from, to] = [from / 1.5, to * 1.5];
  const between = (steps) => {
    const ticks = [];
    for (let decade = 10 ** Math.floor(Math.log10(from)); decade <= to; decade *= 10) {
      ticks.push(...steps.map((step) => Number((decade * step).toPrecision(3))));
    }
    return ticks.filter((tick) => tick >= from && tick <= to);
  };
  const ticks = [[1, 2, 5], [1, 3], [1]].map(between).find((one) => one.length <= ticksMost) ?? between([1]);
  return { domain: [from, to], ticks };
}

// Marks of an axis with just these ticks: that of a logarithmic scale would leave labels out by itself.
export const ticksX = (ticks, format) => axisX(ticks, { text: format, tickSize: 5, label: null });
export const ticksY = (ticks, format) => [axisY(ticks, { text: format, tickSize: 0, label: null }), grid(ticks)];
const GRID = { stroke: "var(--grid)", strokeOpacity: 1 };
export const grid = (ticks) => (Array.isArray(ticks) ? gridY(ticks, GRID) : gridY({ ticks, ...GRID }));

export function draw(width, label, options) {
  const chart = plot({
    width,
    ...options,
    style: {
      fontFamily: "inherit",
      fontSize: "12px",
      background: "transparent",
      color: "inherit",
      overflow: "visible",
    },
  });
  chart.setAttribute("role", "img");
  chart.setAttribute("aria-label", label);
  // Within an image nothing has a name of its own.
  chart.querySelectorAll("[aria-label]").forEach((part) => part.removeAttribute("aria-label"));
  return chart;
}

export const numbers = (values) => values.filter((value) => known(value) && Number.isFinite(value));
