// What was done to the run, over its time: faults, and the roles that nodes had.
import { dot, rect, ruleX, text, tickX } from "@observablehq/plot";
import { draw, timeAxis, timeEdges } from "./chart.js";
import { clock, count, known, some, t } from "./language.js";

export const at = (run, seconds) => clock(seconds, run.end > 180);
const LETTER = 6.6; // an average letter's width
const LANE = 19;

// Of very many faults the rules would hide what they cross.
const RULES_MOST = 60;
export const faultRules = (run) =>
  run.faults.length > RULES_MOST
    ? null
    : ruleX(run.faults, {
        x: "at_s",
        stroke: "var(--fault)",
        strokeDasharray: "2,3",
        strokeWidth: 1.3,
      });

// Each fault's label in a lane where it runs into no other: as much text as there is room for, at last none.
function placed(run, width) {
  const edges = timeEdges(width);
  const inner = width - edges.marginLeft - edges.marginRight;
  const texts = [
    (fault) => `${fault.number} ${fault.kind} ${fault.target ?? ""}`.trim(),
    (fault) => `${fault.number} ${fault.kind}`,
    (fault) => String(fault.number),
  ];
  const lanesMax = 4;
  for (const label of texts) {
    const ends = [];
    const laid = run.faults.map((fault) => {
      const x = (fault.at_s / run.end) * inner;
      const needs = label(fault).length * LETTER + 16;
      const flips = x + needs > inner + edges.marginRight; // no room at its right: the label goes to its left
      const from = flips ? x - needs : x - 6;
      let lane = ends.findIndex((end) => end <= from);
      if (lane < 0) lane = ends.length;
      ends[lane] = flips ? x + 8 : x + needs;
      return { ...fault, label: label(fault), lane, flips };
    });
    if (ends.length <= lanesMax) return { faults: laid, lanes: ends.length };
  }
  return null;
}

const faultName = (run, fault) =>
  t("fault_at", {
    number: fault.number,
    what: `${fault.kind} ${fault.target ?? ""}`.trim(),
    time: at(run, fault.at_s),
  });
const faultTitle = (fault) => `${fault.number}: ${fault.what ?? `${fault.kind} ${fault.target ?? ""}`}`;

// Marks of faults, each with its label, or, where there is no room for so many, a lane for each kind.
function faultMarks(run, width) {
  const laid = placed(run, width);
  if (laid === null) {
    const kinds = [...new Set(run.faults.map((fault) => fault.kind))].sort();
    return {
      height: kinds.length * LANE,
      lane: "kind",
      y: { type: "band", domain: kinds, label: null, tickSize: 0, padding: 0 },
      faults: run.faults,
      marks: [
        tickX(run.faults, {
          x: "at_s",
          y: "kind",
          stroke: "var(--fault)",
          strokeWidth: 1.6,
          insetTop: 3,
          insetBottom: 3,
          title: faultTitle,
        }),
      ],
    };
  }
  const { faults, lanes } = laid;
  const label = (side) =>
    text(
      faults.filter((fault) => fault.flips === (side === "end")),
      {
        x: "at_s",
        y: "lane",
        text: "label",
        textAnchor: side,
        dx: side === "end" ? -8 : 8,
        fill: "var(--ink)",
        stroke: "var(--surface)",
        strokeWidth: 5,
      },
    );
  return {
    height: lanes * LANE,
    lane: "lane",
    y: { type: "band", domain: Array.from({ length: lanes }, (_, i) => i), axis: null, padding: 0 },
    faults,
    marks: [
      ruleX(faults, { x: "at_s", stroke: "var(--fault)", strokeDasharray: "2,3", strokeWidth: 1.3 }),
      label("start"),
      label("end"),
      dot(faults, { x: "at_s", y: "lane", symbol: "diamond", r: 5, fill: "var(--fault)", title: faultTitle }),
    ],
  };
}

export function faultsChart(run, width) {
  const { height, lane, y, faults, marks } = faultMarks(run, width);
  const healed = faults.filter((fault) => known(fault.healed_s) && fault.healed_s > fault.at_s);
  return draw(
    width,
    t("faults_alt", { count: count(faults.length), list: some(faults.map((fault) => faultName(run, fault))) }),
    {
      height: height + 8,
      ...timeEdges(width),
      marginTop: 4,
      marginBottom: 4,
      x: timeAxis(width, run.end, false),
      y,
      marks: [
        rect(healed, {
          y: lane,
          x1: "at_s",
          x2: "healed_s",
          fill: "var(--fault)",
          fillOpacity: 0.25,
          insetTop: 7,
          insetBottom: 7,
        }),
        ...marks,
      ],
    },
  );
}

const INSETS = { primary: 2, spare: 5.5, away: 8 };
const FILLS = { primary: "var(--primary)", spare: "var(--spare)", away: "url(#hatch-away)" };

export function rolesChart(run, width) {
  const edges = timeEdges(width);
  const nodes = run.nodes();
  const parts = run.roles.map((role) => ({
    ...role,
    name: `${role.service} ${role.node}`,
    until: role.until_s ?? run.end,
  }));
  const changes = parts
    .filter((part) => part.from_s > 0)
    .map((part) =>
      t("role_change", { node: part.name, role: t(part.role) ?? part.role, time: at(run, part.from_s) }),
    );
  const room = (part) => ((part.until - part.from_s) / run.end) * (width - edges.marginLeft - edges.marginRight);
  const bands = Object.keys(INSETS).map((role) =>
    rect(
      parts.filter((part) => part.role === role),
      {
        x1: "from_s",
        x2: "until",
        y: "name",
        insetTop: INSETS[role],
        insetBottom: INSETS[role],
        fill: FILLS[role],
        title: (part) => `${part.name}: ${t(part.role)}, ${at(run, part.from_s)} – ${at(run, part.until)}`,
      },
    ),
  );
  const named = parts.filter((part) => part.role === "primary" && room(part) > t("primary").length * LETTER + 10);
  return draw(
    width,
    t("roles_alt", { nodes: nodes.join(", "), list: changes.length ? some(changes) : t("no_change") }),
    {
      height: nodes.length * 22 + 6,
      ...edges,
      marginTop: 2,
      marginBottom: 4,
      x: timeAxis(width, run.end, false),
      y: { type: "band", domain: nodes, label: null, tickSize: 0, padding: 0 },
      marks: [
        ...bands,
        text(named, {
          x: (part) => (part.from_s + part.until) / 2,
          y: "name",
          text: () => t("primary"),
          fill: "var(--on-primary)",
          fontSize: 11,
        }),
        faultRules(run),
      ],
    },
  );
}
