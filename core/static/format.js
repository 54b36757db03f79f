// Times, durations and distances in the reader's language and the company's time zone.

/** @typedef {{locale: string, zone: string}} Reader */

/** @param {Reader} reader */
export function formats(reader) {
  const language = reader.locale === "zh" ? "zh-CN" : "en-GB";
  const clock = new Intl.DateTimeFormat(language, {
    hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: reader.zone,
  });
  const day = new Intl.DateTimeFormat(language, { month: "short", day: "numeric", weekday: "short", timeZone: reader.zone });
  const minutes = new Intl.NumberFormat(language, { style: "unit", unit: "minute", maximumFractionDigits: 0 });
  const hours = new Intl.NumberFormat(language, { style: "unit", unit: "hour", maximumFractionDigits: 1 });
  const km = new Intl.NumberFormat(language, { style: "unit", unit: "kilometer", maximumFractionDigits: 0 });
  const number = new Intl.NumberFormat(language);
  return {
    /** @param {string | null | undefined} instant */
    time: (instant) => (instant ? clock.format(new Date(instant)) : "—"),
    /** @param {string} instant */
    day: (instant) => day.format(new Date(instant)),
    /** @param {number} seconds */
    minutes: (seconds) => minutes.format(Math.round(seconds / 60)),
    /** @param {number} seconds */
    hours: (seconds) => hours.format(seconds / 3600),
    /** @param {number} metres */
    km: (metres) => km.format(metres / 1000),
    /** @param {number} value */
    number: (value) => number.format(value),
  };
}
