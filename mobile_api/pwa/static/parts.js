// Parts at a visit: used from the van, put back, or asked for; found by name, number or barcode.
import { computed, html, useState } from "vendor/preact";
import { say } from "./ops.js";
import { Scan } from "./scan.js";
import { of, ops } from "./state.js";
import { moved } from "./steps.js";
import { Button, Field } from "./ui.js";
import { format, partName, t } from "./words.js";

const MOST_FOUND = 8;

const ahead = computed(() => moved(ops.value));

/** How many of a part are in the own van. @param {string} id */
export const held = (id) => (of("van_stock").get(id)?.quantity ?? 0) + (ahead.value.get(id) ?? 0);

/** Parts whose number, name or barcode has some words in it. @param {string} words @returns {any[]} */
export function found(words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  if (!wanted.length) return [];
  const rows = [];
  for (const part of of("parts").values()) {
    if (part.barcode && part.barcode === words.trim()) return [part];
    const text = `${part.number} ${part.name_en} ${part.name_zh}`.toLowerCase();
    if (wanted.every((word) => text.includes(word))) rows.push({ part, count: held(part.id) });
  }
  return rows.sort((a, b) => b.count - a.count).slice(0, MOST_FOUND).map((row) => row.part);
}

/** Where a part lies nearest to a visit's site, in words; nothing where no warehouse has it. @param {string} id @param {any} visit */
function nearest(id, visit) {
  const { lat, lon } = visit.site;
  const away = (/** @type {any} */ depot) => (lat == null || depot.lat == null ? Infinity : kilometres(lat, lon, depot.lat, depot.lon));
  const [first] = [...(of("depot_stock").get(id)?.depots ?? [])].sort((a, b) => away(a) - away(b));
  if (!first) return t("in.no.depot");
  const km = away(first);
  return t("in.depot", { count: first.quantity, name: first.name, away: Number.isFinite(km) ? `, ${format.value.km(km * 1000)}` : "" });
}

/** As the crow flies [km]. @param {number} lat @param {number} lon @param {number} lat2 @param {number} lon2 */
function kilometres(lat, lon, lat2, lon2) {
  const rad = Math.PI / 180;
  const x = (lon2 - lon) * rad * Math.cos(((lat + lat2) / 2) * rad);
  return 6_371 * Math.hypot(x, (lat2 - lat) * rad);
}

/** @param {{visit: any}} props */
export function PartsOf({ visit }) {
  const [words, setWords] = useState("");
  const [chosen, setChosen] = useState(/** @type {any} */ (null));
  const said = ops.value.filter((op) => op.assignment_id === visit.assignment_id && op.kind.startsWith("part_") && op.payload.part_id);
  const asked = [...of("part_requests").values()].filter((one) => one.work_order_id === visit.work_order_id);
  const fitting = chosen ? [] : found(words);
  return html`<section class="panel"><h3>${t("parts")}</h3>
    ${visit.parts.length ? html`<p class="muted">${t("parts.planned")}</p><ul class="plain">${visit.parts.map((/** @type {any} */ one) => html`<li key=${one.part_id}><${PartLine} id=${one.part_id} count=${one.quantity} choose=${setChosen} /></li>`)}</ul>` : null}
    ${said.length ? html`<ul class="plain">${said.map((op) => html`<li key=${op.id}>${t(`said.${op.kind}`)} ${op.payload.quantity} × ${label(op.payload.part_id)}${op.outcome === "rejected" ? html` <span class="badge tone-red">${t("outcome.rejected")}</span>` : null}</li>`)}</ul>` : null}
    ${asked.length ? html`<ul class="plain">${asked.map((one) => html`<li key=${one.id}>${one.quantity} × ${label(one.part_id)} <span class="badge tone-blue">${t(`request.${one.status}`)}</span>${one.answer ? html`<br /><span class="muted">${one.answer}</span>` : null}</li>`)}</ul>` : null}
    ${chosen ? html`<${Move} part=${chosen} visit=${visit} done=${() => { setChosen(null); setWords(""); }} />` : html`
      <div class="row tight"><${Field} label=${t("part.find")}><input type="search" value=${words} onInput=${(/** @type {any} */ event) => setWords(event.target.value)} /><//><${Scan} found=${setWords} /></div>
      ${words.trim() ? html`<ul class="plain">${fitting.map((part) => html`<li key=${part.id}><${PartLine} id=${part.id} choose=${setChosen} /></li>`)}</ul>` : null}
      ${words.trim() && !fitting.length ? html`<p class="muted">${t("part.none")}</p>` : null}`}
  </section>`;
}

/** @param {string} id */
function label(id) {
  const part = of("parts").get(id);
  return part ? `${part.number} ${partName(part)}` : "?";
}

/** @param {{id: string, count?: number, choose: (part: any) => void}} props */
function PartLine({ id, count, choose }) {
  const part = of("parts").get(id);
  return html`<button type="button" class="line" disabled=${!part} onClick=${() => choose(part)}><span>${count ? `${count} × ` : ""}${label(id)}</span><span class="muted">${t("in.van", { count: held(id) })}</span></button>`;
}

/** @param {{part: any, visit: any, done: () => void}} props */
function Move({ part, visit, done }) {
  const [count, setCount] = useState(1);
  const move = (/** @type {string} */ kind) => async () => {
    await say(kind, visit, { part_id: part.id, quantity: count, reason: "" });
    done();
  };
  return html`<div class="chosen"><p><strong>${part.number} ${partName(part)}</strong><br /><span class="muted">${t("in.van", { count: held(part.id) })} · ${nearest(part.id, visit)}</span></p>
    <div class="row stepper"><button type="button" aria-label=${t("fewer")} disabled=${count < 2} onClick=${() => setCount(count - 1)}>−</button><output aria-live="polite">${count}</output><button type="button" aria-label=${t("more")} onClick=${() => setCount(count + 1)}>+</button></div>
    <div class="row"><${Button} class="primary" does=${move("part_used")}>${t("part.use")}<//><${Button} does=${move("part_returned")}>${t("part.return")}<//><${Button} does=${move("part_request")}>${t("part.ask")}<//><button type="button" class="quiet" onClick=${done}>${t("never.mind")}</button></div></div>`;
}
