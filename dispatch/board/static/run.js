// An optimization run as the dispatcher sees it: asked for, watched, previewed, published or dropped.
import { html, useState } from "vendor/preact";
import { send } from "./server.js";

const POLL_MS = 700;

/**
 * Ask for a run and watch it until it has an outcome.
 * @param {{starts_at: string, ends_at: string, territory_ids: string[], time_limit_s: number}} wish
 * @param {(run: any) => void} told  called with the run at every change
 */
export async function optimize(wish, told) {
  const key = crypto.randomUUID();
  let run = await send("/optimization-runs", { method: "POST", body: wish, headers: { "Idempotency-Key": key } });
  told(run);
  while (run.status === "queued" || run.status === "running") {
    await new Promise((done) => setTimeout(done, POLL_MS));
    run = await send(`/optimization-runs/${run.id}`);
    told(run);
  }
  return run;
}

/**
 * @param {{run: any, format: any, texts: Record<string, string>, onCancel: () => void}} props
 */
export function Progress({ run, format, texts, onCancel }) {
  const told = run.progress ?? {};
  const elapsed = Math.min(told.elapsed_s ?? 0, run.time_limit_s);
  return html`<section class="panel run" aria-live="polite">
    <h2>${texts.running} ${run.number}</h2>
    <progress max=${run.time_limit_s} value=${elapsed}></progress>
    <p>${run.status === "queued" ? texts.waiting : texts[`phase.${told.phase}`] ?? texts.solving}
      ${told.unplanned != null ? html` · ${texts.unplanned}: ${format.number(told.unplanned)}` : null}
      · ${format.number(Math.round(elapsed))} / ${format.number(run.time_limit_s)} s</p>
    <div class="actions"><button onClick=${onCancel}>${texts.cancel}</button></div>
  </section>`;
}

/**
 * @param {{run: any, preview: any, format: any, texts: Record<string, string>, mayPlan: boolean,
 *   onPublish: (visits: string[] | null) => void, onDiscard: () => void}} props
 */
export function Preview({ run, preview, format, texts, mayPlan, onPublish, onDiscard }) {
  const [dropped, setDropped] = useState(/** @type {string[]} */ ([]));
  const changes = preview.changes;
  const open = run.status === "ready";
  const toggle = (/** @type {string} */ id) =>
    setDropped(dropped.includes(id) ? dropped.filter((each) => each !== id) : [...dropped, id]);
  const publish = () => {
    const kept = changes.filter((/** @type {any} */ c) => c.change !== "left_out" && !dropped.includes(c.visit_id));
    onPublish(dropped.length ? kept.map((/** @type {any} */ c) => c.visit_id) : null);
  };
  return html`<section class="panel run" aria-label=${texts.preview}>
    <header><h2>${texts.preview} ${run.number}</h2></header>
    ${(run.warnings ?? []).map((/** @type {any} */ w) => html`<p class="message tone-yellow">${w.sentence}</p>`)}
    <div class="compare">
      ${figures(preview, format, texts).map(([label, before, after, better]) => html`
        <div class=${`tile tone-${better === 0 ? "grey" : better ? "green" : "red"}`}>
          <div class="label">${label}</div><div class="value">${after}</div>
          <div class="delta">${texts.before} ${before}</div></div>`)}
    </div>
    ${changes.length ? html`<div class="scroll" tabindex="0"><table><thead><tr>
        ${open && mayPlan ? html`<th><span class="visually-hidden">${texts.publish}</span></th>` : null}
        <th>${texts.change}</th><th>${texts.order}</th><th>${texts.engineer}</th><th>${texts.time}</th><th>${texts.why}</th>
      </tr></thead><tbody>
      ${changes.map((/** @type {any} */ c) => html`<tr key=${c.visit_id}>
        ${open && mayPlan ? html`<td>${c.change === "left_out" ? null : html`<input type="checkbox" aria-label=${`${texts.publish} ${c.number}`}
            checked=${!dropped.includes(c.visit_id)} onChange=${() => toggle(c.visit_id)} />`}</td>` : null}
        <td data-label=${texts.change}><span class=${`badge tone-${{ new: "green", moved: "yellow", left_out: "red", removed: "red" }[/** @type {"new"} */ (c.change)] ?? "grey"}`}>${texts[`change.${c.change}`] ?? c.change}</span>
          ${c.breaks_promise ? html` <span class="badge tone-red">${texts.promise}</span>` : null}
          ${c.outcome === "stale" ? html` <span class="badge tone-red">${texts.stale}</span>` : null}</td>
        <td data-label=${texts.order}><a href=${`/work-orders/${c.order_id}`}>${c.number}</a> ${c.title}</td>
        <td class="nowrap" data-label=${texts.engineer}>${c.was_engineer && c.was_engineer !== c.engineer ? html`<del>${c.was_engineer}</del> ` : null}${c.engineer || "—"}</td>
        <td class="nowrap" data-label=${texts.time}>${c.was_start_at && c.was_start_at !== c.planned_start_at ? html`<del>${format.time(c.was_start_at)}</del> ` : null}${format.time(c.planned_start_at)}</td>
        <td data-label=${texts.why}><a href=${`/optimization-runs/${run.id}/visits/${c.visit_id}`}>${(c.reasons ?? []).slice(0, 2).map((/** @type {any} */ r) => r.sentence).join(" ") || texts.why}</a>
          ${(c.relaxations ?? []).slice(0, 1).map((/** @type {any} */ r) => html`<p class="why">${texts.would_help} ${r.sentence}</p>`)}</td>
      </tr>`)}
      </tbody></table></div>` : html`<p>${texts.nothing_changes}</p>`}
    <div class="actions">
      ${open && mayPlan ? html`<button class="primary" onClick=${publish}>${dropped.length ? texts.publish_part : texts.publish}</button>` : null}
      <button onClick=${onDiscard}>${open && mayPlan ? texts.discard : texts.close}</button>
    </div>
  </section>`;
}

/**
 * @param {any} preview @param {any} format @param {Record<string, string>} texts
 * @returns {[string, string, string, number | boolean][]} label, before, after, whether it got better (0: same)
 */
function figures(preview, format, texts) {
  const { before, after } = preview;
  /** @type {[string | undefined, string, (v: number) => string, boolean][]} */
  const rows = [
    [texts.planned, "planned", format.number, true],
    [texts.unplanned, "unplanned", format.number, false],
    [texts.travel, "travel_s", format.minutes, false],
    [texts.distance, "distance_m", format.km, false],
    [texts.lateness, "late_s", format.minutes, false],
  ];
  return rows
    .filter(([, key]) => after?.[key] != null)
    .map(([label, key, show, moreIsBetter]) => {
      const was = before?.[key] ?? 0;
      const is = after[key];
      return [label ?? key, show(was), show(is), was === is ? 0 : is > was === moreIsBetter];
    });
}
