// Under what circumstances the runs were made, and how to make them again.
import { h } from "./dom.js";
import { count, decimal, known, moment, t } from "./language.js";

const unique = (values) => [...new Set(values.filter((value) => value))];

function tacticsText(tactics) {
  return Object.entries(tactics ?? {})
    .map(([name, value]) => {
      const said = value === true ? t("yes") : value === false ? t("no") : String(value);
      return `${name} ${said}`;
    })
    .join(" · ");
}

function factsOf(result) {
  const machine = result.machine ?? {};
  return [
    [t("subject"), result.subject],
    [t("version"), result.sportapp?.version],
    [
      t("machine"),
      machine.cpu &&
        t("machine_line", { cpu: machine.cpu, cores: count(machine.cores), memory: count(machine.memory_mib) }),
    ],
    [t("kernel"), machine.kernel],
    [t("load_average"), known(machine.load_average) ? decimal(machine.load_average, 2) : null],
  ];
}

// What is the same for all runs stands once; what is not, once for each value.
function facts(report) {
  const names = factsOf(report.results[0]).map(([name]) => name);
  const of = report.results.map((result) => new Map(factsOf(result)));
  const entries = names.map((name) => [name, unique(of.map((one) => one.get(name)))]);
  const scenarios = report.results.map((result) => result.scenario);
  entries.push([t("duration"), unique(scenarios.map((one) => moment(one.duration_s)))]);
  entries.push([t("seed"), unique(scenarios.map((one) => (known(one.seed) ? String(one.seed) : null)))]);
  entries.push([t("tactics"), unique(report.results.map((result) => tacticsText(result.tactics)))]);
  return h(
    "dl",
    { class: "facts" },
    entries
      .filter(([, values]) => values.length)
      .map(([name, values]) =>
        h(
          "div",
          {},
          h("dt", {}, name),
          values.map((value) => h("dd", {}, value)),
        ),
      ),
  );
}

export function circumstances(report) {
  const commands = unique(report.results.map((result) => result.repeat));
  const scenarios = new Map(
    report.results
      .filter((result) => result.scenario.text)
      .map((result) => [result.scenario.text, result.scenario.name]),
  );
  return [
    h(
      "section",
      { "aria-labelledby": "circumstances-title" },
      h("h2", { id: "circumstances-title" }, t("circumstances")),
      facts(report),
    ),
    commands.length
      ? h(
          "section",
          { "aria-labelledby": "repeat-title" },
          h("h2", { id: "repeat-title" }, t("repeat")),
          h("pre", { tabindex: 0 }, h("code", {}, commands.join("\n"))),
        )
      : null,
    scenarios.size
      ? h(
          "section",
          { "aria-labelledby": "scenario-title" },
          h("h2", { id: "scenario-title" }, t("scenario")),
          [...scenarios].map(([text, name]) =>
            h(
              "details",
              { class: "more", open: scenarios.size === 1 },
              h("summary", {}, t("scenario_of", { name })),
              h("pre", { tabindex: 0 }, h("code", {}, text)),
            ),
          ),
        )
      : null,
    h(
      "section",
      { "aria-labelledby": "reading-title" },
      h("h2", { id: "reading-title" }, t("how_to_read")),
      h(
        "dl",
        { class: "terms" },
        t("terms").map(([term, meaning]) => h("div", {}, h("dt", {}, term), h("dd", {}, meaning))),
      ),
    ),
  ];
}
