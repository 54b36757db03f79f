// The day: what is to be done, in its order, as a list or on a map.
import { html, useEffect, useRef, useState } from "vendor/preact";
import { keepTelling } from "./places.js";
import { of, ops } from "./state.js";
import { statusOf } from "./steps.js";
import { Status } from "./ui.js";
import { config, dayOf, format, named, t } from "./words.js";

const AT_WORK = ["en_route", "arrived", "in_progress", "on_hold"];

/** Visits with the status they have here, by time. @returns {any[]} */
export function visits() {
  return [...of("work_orders").values()]
    .map((visit) => ({ ...visit, here: statusOf(visit, ops.value) }))
    .sort((a, b) => String(a.planned_start_at).localeCompare(String(b.planned_start_at)));
}

keepTelling(() => visits().some((visit) => AT_WORK.includes(visit.here)));

/** @param {{now: number}} props our clock's time [ms] */
export function Today({ now }) {
  const [onMap, setOnMap] = useState(false);
  const all = visits();
  const today = dayOf(now);
  const open = all.filter((visit) => !["completed", "incomplete", "declined"].includes(visit.here));
  const done = all.filter((visit) => ["completed", "incomplete"].includes(visit.here) && dayOf(visit.planned_start_at ?? now) === today);
  const days = [...new Set(open.map((visit) => dayOf(visit.planned_start_at ?? now)))];
  return html`
    <div class="row between">
      <p class="lead">${format.value.day(new Date(now).toISOString())}</p>
      <div class="segments" role="group" aria-label=${t("show.as")}>
        <button class="small" aria-pressed=${!onMap} onClick=${() => setOnMap(false)}>${t("list")}</button>
        <button class="small" aria-pressed=${onMap} onClick=${() => setOnMap(true)}>${t("map")}</button>
      </div>
    </div>
    ${onMap ? html`<${RouteMap} visits=${open.filter((visit) => dayOf(visit.planned_start_at ?? now) <= today)} />` : null}
    ${onMap || open.length ? null : html`<p class="empty">${t("nothing.today")}</p>`}
    ${onMap ? null : days.map((day) => html`
      <section key=${day}>
        ${day === today ? null : html`<h2>${day < today ? t("overdue") : format.value.day(`${day}T12:00:00Z`)}</h2>`}
        <ol class="stops">${open.filter((visit) => dayOf(visit.planned_start_at ?? now) === day).map((visit) => html`<${Stop} key=${visit.id} visit=${visit} />`)}</ol>
      </section>`)}
    ${onMap || !done.length ? null : html`<section><h2>${t("done")} (${done.length})</h2><ol class="stops">${done.map((visit) => html`<${Stop} key=${visit.id} visit=${visit} />`)}</ol></section>`}`;
}

/** @param {{visit: any}} props */
function Stop({ visit }) {
  const times = `${format.value.time(visit.planned_start_at)}–${format.value.time(visit.planned_end_at)}`;
  return html`<li><a class="card stop" href=${`#/visit/${visit.id}`}>
    <span class="row between"><strong class="times">${times}</strong><${Status} status=${visit.here} /></span>
    <strong>${visit.title}</strong>
    <span>${[visit.customer, named(visit.category)].filter(Boolean).join(" · ")}</span>
    <span>${visit.site.address || visit.site.name}</span>
    ${visit.priority === "urgent" || visit.priority === "high" ? html`<span class=${`badge tone-${visit.priority === "urgent" ? "red" : "yellow"}`}>${t(`priority.${visit.priority}`)}</span>` : null}
    ${visit.promised_from ? html`<span>${t("promised")} ${format.value.time(visit.promised_from)}–${format.value.time(visit.promised_until)}</span>` : null}
  </a></li>`;
}

/** The way through the day; Leaflet is fetched when it is first looked at. @param {{visits: any[]}} props */
function RouteMap({ visits: stops }) {
  const at = useRef(/** @type {HTMLElement | null} */ (null));
  const shown = stops.filter((visit) => visit.site.lat != null).map((visit) => visit.id).join();
  useEffect(() => {
    let map = /** @type {any} */ (null);
    let gone = false;
    void import("vendor/leaflet").then((L) => {
      if (gone || !at.current) return;
      map = L.map(at.current, { attributionControl: false });
      if (config.tiles) L.tileLayer(config.tiles).addTo(map);
      const points = stops.filter((visit) => visit.site.lat != null).map((visit) => /** @type {[number, number]} */ ([visit.site.lat, visit.site.lon]));
      L.polyline(points, { color: "#0b5cd6", weight: 3, opacity: 0.6 }).addTo(map);
      points.forEach((point, place) => {
        const icon = L.divIcon({ className: "pin", html: String(place + 1), iconSize: [32, 32] });
        const visit = stops.filter((one) => one.site.lat != null)[place];
        L.marker(point, { icon, title: visit.title }).addTo(map).on("click", () => { location.hash = `/visit/${visit.id}`; });
      });
      if (points.length) map.fitBounds(points, { padding: [40, 40], maxZoom: 15 });
      else map.setView([31.2, 121.5], 9);
    });
    return () => {
      gone = true;
      map?.remove();
    };
  }, [shown]);
  return html`<div class="map" ref=${at} role="region" aria-label=${t("map")}></div>`;
}
