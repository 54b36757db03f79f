// The reader's language, and the company's clock, as the shell brought them along.
import { computed, signal } from "vendor/preact";
import { formats } from "core/format";

/** @type {{zone: string, tiles: string, texts: Record<string, Record<string, string>>, colours: Record<string, string>, reasons: string[], mandatory: string[], wasm: string}} */
export const config = JSON.parse(document.getElementById("config")?.textContent ?? "{}");
const KEPT = "paidan-language";

export const language = signal(localStorage.getItem(KEPT) ?? (navigator.language.startsWith("zh") ? "zh" : "en"));
export const format = computed(() => formats({ locale: language.value, zone: config.zone }));

/** @param {string} chosen */
export function speak(chosen) {
  localStorage.setItem(KEPT, chosen);
  language.value = chosen;
  document.documentElement.lang = chosen === "zh" ? "zh-CN" : "en";
}

/** A text by its key, with what stands in its %(name)s. @param {string} key @param {Record<string, unknown>} [facts] */
export function t(key, facts = {}) {
  const said = config.texts[language.value]?.[key] ?? key;
  return said.replace(/%\((\w+)\)s/g, (_, name) => String(facts[name] ?? ""));
}

/** The reader's of two names. @param {{en?: string, zh?: string} | null | undefined} name */
export const named = (name) => name?.[/** @type {"en" | "zh"} */ (language.value)] || name?.en || name?.zh || "";
/** @param {{name_en: string, name_zh: string}} part */
export const partName = (part) => (language.value === "zh" ? part.name_zh || part.name_en : part.name_en || part.name_zh);

/** @param {number} number 0: Monday */
export const weekday = (number) =>
  new Intl.DateTimeFormat(language.value === "zh" ? "zh-CN" : "en-GB", { weekday: "short", timeZone: "UTC" }).format(Date.UTC(2024, 0, 1 + number));

const KEYS = new Intl.DateTimeFormat("en-CA", { timeZone: config.zone, year: "numeric", month: "2-digit", day: "2-digit" });
/** The company's day an instant lies in, YYYY-MM-DD. @param {string | number} instant */
export const dayOf = (instant) => KEYS.format(new Date(instant));
