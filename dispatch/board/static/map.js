// The map: sites of visits and unplanned orders, and routes. Works with no tile server.
import { html, useEffect, useRef } from "vendor/preact";
import * as L from "vendor/leaflet";

const COLOURS = { grey: "#5a6372", yellow: "#935300", green: "#0b7a5b", blue: "#1f5fd0", red: "#c62f4b" };

/**
 * @param {{lanes: import("./lanes.js").Lane[], unplanned: any[], territories: any[], tiles: string,
 *   lit: {value: string | null}, texts: Record<string, string>}} props
 */
export function MapView({ lanes, unplanned, territories, tiles, lit, texts }) {
  const place = useRef(/** @type {HTMLElement | null} */ (null));
  const state = useRef(/** @type {any} */ (null));

  useEffect(() => {
    const map = L.map(/** @type {HTMLElement} */ (place.current), { preferCanvas: true, attributionControl: false, zoomSnap: 0.25 });
    if (tiles) L.tileLayer(tiles).addTo(map);
    const areas = L.layerGroup().addTo(map);
    const routes = L.layerGroup().addTo(map);
    const dots = L.layerGroup().addTo(map);
    state.current = { map, areas, routes, dots, marks: new Map(), fitted: false };
    map.setView([31, 121], 9);
    const seen = new ResizeObserver(() => map.invalidateSize());
    seen.observe(/** @type {HTMLElement} */ (place.current));
    return () => { seen.disconnect(); map.remove(); };
  }, []);

  useEffect(() => {
    const { map, areas, routes, dots, marks } = state.current;
    for (const layer of [areas, routes, dots]) layer.clearLayers();
    marks.clear();
    for (const territory of territories) {
      L.geoJSON(territory.geometry, { style: { color: "#7b8aa5", weight: 1, fillOpacity: 0.04 }, interactive: false }).addTo(areas);
    }
    /** @type {[number, number][]} */
    const points = [];
    for (const lane of lanes) {
      const stops = lane.visits.filter((bar) => bar.lat != null && bar.lon != null);
      const path = stops.map((bar) => /** @type {[number, number]} */ ([bar.lat, bar.lon]));
      if (lane.home && path.length) path.unshift([lane.home.lat, lane.home.lon]);
      if (path.length > 1) L.polyline(path, { color: "#1f5fd0", weight: 1.5, opacity: 0.35 }).addTo(routes);
      for (const bar of stops) {
        const colour = COLOURS[/** @type {keyof typeof COLOURS} */ (bar.colour)] ?? COLOURS.grey;
        const at = /** @type {[number, number]} */ ([bar.lat, bar.lon]);
        const dot = L.circleMarker(at, { radius: 6, color: "#fff", weight: 1, fillColor: colour, fillOpacity: 0.95 });
        dot.bindTooltip(text(`${lane.name} · ${bar.number}`, bar.title)).addTo(dots);
        dot.on("mouseover", () => { lit.value = bar.visit_id; }).on("mouseout", () => { lit.value = null; });
        marks.set(bar.visit_id, dot);
        points.push(at);
      }
    }
    for (const order of unplanned) {
      if (order.lat == null) continue;
      const at = /** @type {[number, number]} */ ([order.lat, order.lon]);
      const dot = L.circleMarker(at, { radius: 6, color: COLOURS.red, weight: 2, fillColor: "#fff", fillOpacity: 1 });
      dot.bindTooltip(text(`${texts.unplanned} · ${order.number}`, order.title)).addTo(dots);
      dot.on("mouseover", () => { lit.value = order.visit_id; }).on("mouseout", () => { lit.value = null; });
      marks.set(order.visit_id, dot);
      points.push(at);
    }
    if (points.length && !state.current.fitted) {
      map.fitBounds(L.latLngBounds(points).pad(0.05));
      state.current.fitted = true;
    }
  }, [lanes, unplanned, territories]);

  const shown = lit.value;
  useEffect(() => {
    for (const [id, dot] of state.current.marks) {
      const on = id === shown;
      if (on) dot.setRadius(10).bringToFront();
      else if (dot.getRadius() !== 6) dot.setRadius(6);
    }
  }, [shown, lanes]);

  return html`<div class="map" ref=${place} role="application" aria-label=${texts.map}></div>`;
}

/** @param {string} head @param {string} body @returns {HTMLElement} */
function text(head, body) {
  const box = document.createElement("div");
  const strong = document.createElement("strong");
  strong.textContent = head;
  box.append(strong, document.createElement("br"), body);
  return box;
}
