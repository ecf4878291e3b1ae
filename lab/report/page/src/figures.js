// Charts in the page: drawn as wide as their place is, and again when that changes or the page is printed.
import { h, svg } from "./dom.js";

const PAPER_WIDTH = 690; // of an A4 page's text, in pixels, so that letters are printed as large as the text's
const drawn = new Set(); // places that have been drawn
let paper = false;

function redraw(place) {
  const width = paper ? PAPER_WIDTH / place.share : place.element.clientWidth;
  if (width === 0 || width === place.width) return;
  place.width = width;
  place.element.replaceChildren(...place.draws.map((draw) => draw(width)).filter(Boolean));
}

const watcher = new ResizeObserver((entries) => {
  if (!paper) entries.forEach((entry) => redraw(entry.target.place));
});

// `draws` make one chart each, one over the other; `share`: how many such places stand beside each other on paper.
export function chartPlace(draws, { share = 1 } = {}) {
  const element = h("div", { class: "chart" });
  element.place = { element, draws, share, width: 0 };
  drawn.add(element.place);
  watcher.observe(element);
  return element;
}

export function forgetCharts() {
  watcher.disconnect();
  drawn.clear();
}

let opened = [];

export function forPaper() {
  paper = true;
  opened = [...document.querySelectorAll("details:not([open], .long)")];
  opened.forEach((details) => {
    details.open = true;
  });
  drawn.forEach(redraw);
}

export function forScreen() {
  paper = false;
  opened.forEach((details) => {
    details.open = false;
  });
  opened = [];
  drawn.forEach(redraw);
}

// [text, fill or {line, dash} or {symbol}] of each mark, beside a chart's title.
export function legend(entries) {
  const sample = ({ fill, line, dash, symbol, hollow }) => {
    if (line)
      return svg("line", {
        x1: 0,
        x2: 22,
        y1: 6,
        y2: 6,
        stroke: line,
        "stroke-width": 2.5,
        "stroke-dasharray": dash ?? "none",
      });
    if (symbol === "times") return svg("path", { d: "M7 2l8 8M15 2l-8 8", stroke: fill, "stroke-width": 2 });
    if (symbol === "diamond") {
      return svg("path", {
        d: "M11 0l6 6-6 6-6-6z",
        fill: hollow ? "none" : fill,
        stroke: fill,
        "stroke-width": 1.6,
      });
    }
    if (symbol === "circle") return svg("circle", { cx: 11, cy: 6, r: 4.5, fill });
    return svg("rect", { width: 22, height: 12, fill });
  };
  return h(
    "ul",
    { class: "legend" },
    entries.map(([text, look]) =>
      h(
        "li",
        {},
        svg("svg", { width: 22, height: 12, viewBox: "0 0 22 12", "aria-hidden": "true" }, sample(look)),
        text,
      ),
    ),
  );
}

export function figure(title, marks, place, note) {
  return h(
    "figure",
    {},
    h("figcaption", {}, h("h4", {}, title), marks ? legend(marks) : null),
    place,
    note ? h("p", { class: "note" }, note) : null,
  );
}

// Fills that charts refer to; they tell what is shown by more than colour.
export function patterns() {
  const hatch = (id, ground, stroke, width, turn) =>
    svg(
      "pattern",
      { id, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: `rotate(${turn})` },
      svg("rect", { width: 6, height: 6, fill: ground }),
      svg("line", { x1: 0, x2: 0, y1: 0, y2: 6, stroke, "stroke-width": width }),
    );
  return svg(
    "svg",
    { width: 0, height: 0, "aria-hidden": "true", class: "patterns" },
    svg(
      "defs",
      {},
      hatch("hatch-failed", "var(--failed)", "var(--failed-line)", 2.4, 45),
      hatch("hatch-away", "transparent", "var(--axis)", 3, -45),
    ),
  );
}
