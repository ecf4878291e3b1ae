// One run as the charts want it.
import { known } from "./language.js";
import { numbers } from "./chart.js";

const list = (value) => (Array.isArray(value) ? value : []);
const sum = (values) => values.reduce((total, value) => total + (value ?? 0), 0);
const greatest = (values) => (values.length ? Math.max(...values) : null);

function middle(values) {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

export class RunData {
  constructor(result) {
    this.result = result;
    this.faults = list(result.faults);
    this.events = list(result.events);
    this.slow = list(result.slow);
    this.growth = list(result.growth);
    this.outages = list(result.outage_ms?.each);
    // A logarithmic scale has no place for zero.
    this.histogram = list(result.latency_ms?.histogram).filter(([upper]) => upper > 0);
    const line = result.timeline ?? {};
    this.bucketS = (line.bucket_ms ?? 0) / 1000;
    this.length =
      this.bucketS > 0
        ? Math.max(...["acknowledged", "failed", "refused", "max_ms"].map((name) => list(line[name]).length))
        : 0;
    this.line = (name) => list(line[name]);
    this.end = Math.max(
      result.scenario.duration_s,
      this.length * this.bucketS,
      ...this.faults.map((fault) => fault.at_s),
    );
    // The monitor may have told of what was before the load and after it.
    this.roles = list(result.roles)
      .map((role) => ({
        ...role,
        from_s: Math.max(0, role.from_s),
        until_s: Math.min(this.end, role.until_s ?? this.end),
      }))
      .filter((role) => role.from_s < role.until_s);
  }

  fault(number) {
    return this.faults.find((fault) => fault.number === number);
  }

  // The time line in at most `most` stretches: requests a second, of latencies the middle p50 and the highest others.
  stretches(most) {
    const each = Math.max(1, Math.ceil(this.length / Math.max(1, most)));
    const seconds = each * this.bucketS;
    const made = [];
    for (let at = 0; at < this.length; at += each) {
      const part = (name) => this.line(name).slice(at, at + each);
      const of = (name) => numbers(part(name));
      // The last one may be shorter than the others.
      const long = Math.min(each, this.length - at) * this.bucketS;
      made.push({
        from: at * this.bucketS,
        until: at * this.bucketS + long,
        middle: at * this.bucketS + long / 2,
        seconds,
        acknowledged: sum(part("acknowledged")) / long,
        refused: sum(part("refused")) / long,
        failed: sum(part("failed")) / long,
        p50: middle(of("p50_ms")),
        p99: greatest(of("p99_ms")),
        max: greatest(of("max_ms")),
      });
    }
    return made;
  }

  highestRate(most) {
    return Math.max(0, ...this.stretches(most).map((one) => one.acknowledged + one.refused + one.failed));
  }

  // From the first to the last moment with a failure.
  failing() {
    const failed = this.line("failed");
    const first = failed.findIndex((count) => count > 0);
    if (first < 0) return null;
    return [first * this.bucketS, (failed.findLastIndex((count) => count > 0) + 1) * this.bucketS];
  }

  nodes() {
    const names = new Set(this.roles.map((role) => `${role.service} ${role.node}`));
    return [...names].sort();
  }

  slowestMoment() {
    const highest = this.line("max_ms").reduce(
      (best, value, i) => (known(value) && value > best.value ? { value, i } : best),
      { value: -1, i: 0 },
    );
    return highest.i * this.bucketS;
  }
}
