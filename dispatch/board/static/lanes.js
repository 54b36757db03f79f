// One lane an engineer: shifts, breaks, travel and visits of the day, drawn to scale.
import { html } from "vendor/preact";

/**
 * @typedef {{starts_at: string, ends_at: string}} Span
 * @typedef {{visit_id: string, order_id: string, number: string, title: string, status: string, colour: string,
 *   start_at: string, end_at: string, travel_s: number | null, lock: string, change?: string, address?: string,
 *   customer?: string, lat?: number | null, lon?: number | null}} Bar
 * @typedef {{id: string, name: string, number: string, spans: (Span & {breaks: Span[]})[], visits: Bar[],
 *   last_fix_at?: string | null, home?: {lat: number, lon: number} | null}} Lane
 */

/**
 * @param {{lanes: Lane[], from: number, until: number, now: number, format: any, texts: Record<string, string>,
 *   lit: {value: string | null}}} props  `from`, `until` and `now` in milliseconds
 */
export function Lanes({ lanes, from, until, now, format, texts, lit }) {
  const width = until - from;
  /** @param {string | number} instant */
  const at = (instant) => (((typeof instant === "number" ? instant : Date.parse(instant)) - from) / width) * 100;
  /** @param {string | number} a @param {string | number} b */
  const place = (a, b) => ({ left: `${at(a)}%`, width: `${Math.max(0, at(b) - at(a))}%` });
  /** @type {number[]} */
  const hours = [];
  for (let t = from; t < until; t += 3600_000) hours.push(t);
  const lines = () => hours.map((t) => html`<span class="hour" style=${{ left: `${at(t)}%` }}></span>`);

  return html`<section class="panel lanes" aria-label=${texts.lanes} tabindex="0">
    <div class="lanes-inner">
      <div class="lane-head"><span></span><div class="track">
        ${hours.map((t) => html`<span class="hour" style=${{ left: `${at(t)}%` }}>${format.time(new Date(t).toISOString())}</span>`)}
      </div></div>
      ${lanes.map((lane) => html`<div class="lane" key=${lane.id}>
        <div class="who" title=${lane.name}>${lane.name}<small>${busy(lane, format)}</small>${lane.last_fix_at ? html`<small title=${texts.fix}>⌖ ${format.minutes(Math.max(0, (now - Date.parse(lane.last_fix_at)) / 1000))}</small>` : null}</div>
        <div class="track">
          ${lines()}
          ${lane.spans.map((span) => html`
            <span class="span" style=${place(span.starts_at, span.ends_at)}></span>
            ${span.breaks.map((rest) => html`<span class="rest" title=${texts.rest} style=${place(rest.starts_at, rest.ends_at)}></span>`)}`)}
          ${lane.visits.map((bar) => {
            const start = Date.parse(bar.start_at);
            return html`
              ${bar.travel_s ? html`<span class="drive" style=${place(start - bar.travel_s * 1000, start)}></span>` : null}
              <a class=${`lane-bar tone-${bar.colour} ${bar.lock === "none" ? "" : "locked"} ${bar.change ?? ""} ${lit.value === bar.visit_id ? "lit" : ""}`}
                href=${`/work-orders/${bar.order_id}`} style=${place(start, bar.end_at)}
                title=${describe(bar, format, texts)}
                onMouseEnter=${() => { lit.value = bar.visit_id; }} onMouseLeave=${() => { lit.value = null; }}
                onFocus=${() => { lit.value = bar.visit_id; }} onBlur=${() => { lit.value = null; }}>${bar.title}</a>`;
          })}
          ${now > from && now < until ? html`<span class="now-line" style=${{ left: `${at(now)}%` }}></span>` : null}
        </div>
      </div>`)}
    </div>
  </section>`;
}

/** @param {Lane} lane @param {any} format */
function busy(lane, format) {
  const seconds = lane.visits.reduce((sum, bar) => sum + (Date.parse(bar.end_at) - Date.parse(bar.start_at)) / 1000, 0);
  return `${format.number(lane.visits.length)} · ${format.hours(seconds)}`;
}

/** @param {Bar} bar @param {any} format @param {Record<string, string>} texts */
export function describe(bar, format, texts) {
  const state = texts[`status.${bar.status}`] ?? bar.status;
  const lock = bar.lock === "none" ? "" : ` · ${texts.locked}`;
  return `${bar.number} · ${format.time(bar.start_at)}–${format.time(bar.end_at)} · ${state}${lock}\n${bar.title}\n${bar.customer ?? ""} ${bar.address ?? ""}`.trim();
}
