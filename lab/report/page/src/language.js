// The page's language, and its way with numbers and times.
import en from "./texts_en.js";
import es from "./texts_es.js";

export const LANGUAGES = { en: { name: "English", texts: en }, es: { name: "Español", texts: es } };
const KEPT = "sportapp-report-language";

function preferred() {
  try {
    const kept = localStorage.getItem(KEPT);
    if (kept in LANGUAGES) return kept;
  } catch {
    // Some browsers keep nothing for pages opened as files.
  }
  const wanted = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag in LANGUAGES);
  return wanted ?? "en";
}

let current = preferred();
export const language = () => current;

export function choose(tag) {
  current = tag;
  try {
    localStorage.setItem(KEPT, tag);
  } catch {
    // Then it is chosen for this time only.
  }
}

export function t(name, values = {}) {
  const text = LANGUAGES[current].texts[name];
  if (typeof text !== "string") return text;
  return text.replace(/\{(\w+)\}/g, (_, key) => String(values[key] ?? ""));
}

const number = (value, options) =>
  new Intl.NumberFormat(current, { useGrouping: "always", ...options }).format(value);
const digits = (count) => ({ minimumFractionDigits: count, maximumFractionDigits: count });

export const NOTHING = "–";
export const known = (value) => value !== null && value !== undefined;

export function count(value) {
  return known(value) ? number(value, { maximumFractionDigits: 0 }) : NOTHING;
}

export function decimal(value, places = 1) {
  return known(value) ? number(value, { maximumFractionDigits: places }) : NOTHING;
}

export function percent(value) {
  if (!known(value)) return NOTHING;
  if (value === 0) return "0";
  return number(value, digits(value < 0.01 ? 4 : value < 10 ? 2 : 1));
}

export function ms(value) {
  if (!known(value)) return NOTHING;
  if (value === "never") return t("never");
  if (value >= 10000) return `${number(value / 1000, digits(1))} s`;
  if (value >= 10) return `${number(value, digits(0))} ms`;
  return `${number(value, digits(value >= 1 || value === 0 ? 1 : 2))} ms`;
}

// "24" and "28 ms": the unit stands once where it is the same.
export function msPair(first, second) {
  const texts = [ms(first), ms(second)];
  const unit = /\s(ms|s)$/;
  const units = texts.map((text) => text.match(unit)?.[1]);
  if (units[0] && units[0] === units[1]) texts[0] = texts[0].replace(unit, "");
  return texts;
}

// A tick of a logarithmic axis: a power of ten.
export function msTick(value) {
  return value >= 1000
    ? `${number(value / 1000, { maximumFractionDigits: 2 })} s`
    : `${number(value, { maximumFractionDigits: 3 })} ms`;
}

export function moment(seconds, places = 1) {
  return known(seconds) ? `${number(seconds, { maximumFractionDigits: places })} s` : NOTHING;
}

// In a column of such times.
export function exactMoment(seconds, places = 3) {
  return known(seconds) ? `${number(seconds, digits(places))} s` : NOTHING;
}

// A time of the run on an axis or in a sentence; of long runs in minutes.
export function clock(seconds, long) {
  if (!long) return `${number(seconds, { maximumFractionDigits: 1 })} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export function date(text) {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) return text;
  return (
    new Intl.DateTimeFormat(current, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" }).format(time) +
    " UTC"
  );
}

// "a, b and 4 more" of a list that may be long.
export function some(list, most = 8) {
  const shown = list.slice(0, most);
  if (list.length > most) shown.push(t("and_more", { count: count(list.length - most) }));
  return shown.join(", ");
}
