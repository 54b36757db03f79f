// The dispatcher's first board: one day, its engineers and visits, what is not planned and why, and runs.
import { html, render, signal, useEffect, useState } from "vendor/preact";
import { formats } from "core/format";
import { Lanes } from "./lanes.js";
import { MapView } from "./map.js";
import { Preview, Progress, optimize } from "./run.js";
import { send } from "./server.js";

const place = /** @type {HTMLElement} */ (document.getElementById("board"));
const config = JSON.parse(document.getElementById("board-config")?.textContent ?? "{}");
const texts = config.texts;
const format = formats(config);
const lit = signal(/** @type {string | null} */ (null));
const REFRESH_MS = 5000;

function Board() {
  const [plan, setPlan] = useState(/** @type {any} */ (null));
  const [run, setRun] = useState(/** @type {any} */ (null));
  const [preview, setPreview] = useState(/** @type {any} */ (null));
  const [said, setSaid] = useState(/** @type {{tone: string, text: string} | null} */ (null));
  const [limit, setLimit] = useState(20);
  const shown = lit.value;

  const load = async () => {
    try {
      setPlan(drawable(await send(`/plan?${new URLSearchParams(config.query)}`)));
    } catch (error) {
      setSaid({ tone: "red", text: sentence(error) });
    }
  };
  useEffect(() => {
    load();
    if (config.run_id) open(config.run_id);
    const timer = setInterval(() => { if (!document.hidden) load(); }, REFRESH_MS);
    return () => clearInterval(timer);
  }, []);

  const open = async (/** @type {string} */ id) => {
    const found = await send(`/optimization-runs/${id}`);
    if (found.status === "ready" || found.status === "published") setPreview(await send(`/optimization-runs/${id}/preview`));
    setRun(found);
  };
  const start = async () => {
    setSaid(null);
    setPreview(null);
    try {
      const ended = await optimize({
        starts_at: config.query.from, ends_at: config.query.until,
        territory_ids: config.query.territory_id ? [config.query.territory_id] : [], time_limit_s: limit,
      }, setRun);
      if (ended.status === "ready" || ended.status === "published") {
        setPreview(await send(`/optimization-runs/${ended.id}/preview`));
      } else {
        setSaid({ tone: "red", text: ended.error || texts[`run.${ended.status}`] || ended.status });
        setRun(null);
      }
    } catch (error) {
      setSaid({ tone: "red", text: sentence(error) });
      setRun(null);
    }
  };
  const publish = async (/** @type {string[] | null} */ visits) => {
    try {
      const answer = await send(`/optimization-runs/${run.id}/publish`, {
        method: "POST", body: visits ? { visit_ids: visits } : {}, headers: { "Idempotency-Key": crypto.randomUUID() },
      });
      const stale = answer.left_out.length;
      const reasons = [...new Set(answer.left_out.map((/** @type {any} */ one) => one.sentence))].join(" ");
      setSaid({
        tone: stale ? "yellow" : "green",
        text: `${texts.published}: ${format.number(answer.scheduled.length + answer.removed.length)}${stale ? ` · ${texts.left_out_now}: ${format.number(stale)}. ${reasons}` : ""}`,
      });
      setRun(null);
      setPreview(null);
    } catch (error) {
      setSaid({ tone: "red", text: sentence(error) });
    }
    load();
  };
  const cancel = () => send(`/optimization-runs/${run.id}/cancel`, { method: "POST", body: {} }).catch(tell);
  const discard = async () => {
    if (run.status === "ready" && config.may_plan) await send(`/optimization-runs/${run.id}/discard`, { method: "POST", body: {} }).catch(tell);
    setRun(null);
    setPreview(null);
  };
  const tell = (/** @type {unknown} */ error) => setSaid({ tone: "red", text: sentence(error) });

  if (!plan) return html`<p class="empty">${said ? said.text : texts.loading}</p>`;
  const lanes = preview && run?.status === "ready" ? previewLanes(plan, preview) : plan.engineers;
  const from = Date.parse(config.query.from) + 6 * 3600_000;
  const until = Date.parse(config.query.from) + 22 * 3600_000;
  const busy = run && !preview;
  return html`
    <div class="board-bar">
      <form method="get" class="board-bar">
        <div class="field"><label for="day">${texts.day}</label>
          <input id="day" type="date" name="day" value=${config.day} onChange=${submit} /></div>
        <div class="field"><label for="territory">${texts.territory}</label>
          <select id="territory" name="territory" onChange=${submit}>
            <option value="">${texts.all}</option>
            ${config.territories.map((/** @type {any} */ t) => html`<option value=${t.id} selected=${t.id === config.query.territory_id}>${t.name}</option>`)}
          </select></div>
      </form>
      <span class="spring"></span>
      ${config.may_plan ? html`
        <div class="field"><label for="limit">${texts.seconds}</label>
          <input id="limit" type="number" min="1" max="600" value=${limit} onChange=${(/** @type {any} */ e) => setLimit(Number(e.target.value) || 20)} /></div>
        <button class="primary" disabled=${busy} onClick=${start}>${texts.optimize}</button>` : null}
    </div>
    <div aria-live="polite">${said ? html`<p class=${`message tone-${said.tone}`}>${said.text}</p>` : null}</div>
    ${busy ? html`<${Progress} run=${run} format=${format} texts=${texts} onCancel=${cancel} />` : null}
    ${preview ? html`<${Preview} run=${run} preview=${preview} format=${format} texts=${texts} mayPlan=${config.may_plan} onPublish=${publish} onDiscard=${discard} />` : null}
    ${tiles(plan)}
    <div class="board">
      <aside class="panel" aria-label=${texts.unplanned}>
        <h2>${texts.unplanned} (${format.number(plan.unplanned.length)})</h2>
        <ul class="unplanned">
          ${plan.unplanned.map((/** @type {any} */ o) => html`<li key=${o.visit_id} class=${shown === o.visit_id ? "lit" : ""}
            onMouseEnter=${() => { lit.value = o.visit_id; }} onMouseLeave=${() => { lit.value = null; }}>
            <a href=${`/work-orders/${o.order_id}`}>${o.number}</a>
            ${o.priority !== "normal" ? html` <span class=${`badge tone-${o.priority === "urgent" ? "red" : o.priority === "high" ? "yellow" : "neutral"}`}>${texts[`priority.${o.priority}`]}</span>` : null}
            <div>${o.title}</div>
            <p>${[o.customer, format.minutes(o.duration_s)].filter(Boolean).join(" · ")}</p>
            ${(o.reasons ?? []).slice(0, 2).map((/** @type {any} */ r) => html`<p class="why">${r.sentence}</p>`)}
            ${(o.relaxations ?? []).slice(0, 1).map((/** @type {any} */ r) => html`<p class="why">${texts.would_help} ${r.sentence}</p>`)}
          </li>`)}
        </ul>
        ${plan.unplanned.length ? null : html`<p class="empty">${texts.all_planned}</p>`}
      </aside>
      <div>
        <${MapView} lanes=${lanes} unplanned=${plan.unplanned} territories=${config.territories} tiles=${config.tiles} lit=${lit} texts=${texts} />
        <${Lanes} lanes=${lanes} from=${from} until=${until} now=${Date.parse(config.now) + performance.now()} format=${format} texts=${texts} lit=${lit} />
      </div>
    </div>`;
}

/** @param {any} plan */
function tiles(plan) {
  const bars = plan.engineers.flatMap((/** @type {any} */ e) => e.visits);
  const travel = bars.reduce((/** @type {number} */ sum, /** @type {any} */ b) => sum + (b.travel_s ?? 0), 0);
  const late = bars.filter((/** @type {any} */ b) => b.due_at && Date.parse(b.end_at) > Date.parse(b.due_at)).length;
  const at_work = plan.engineers.filter((/** @type {any} */ e) => e.visits.length).length;
  const all = [
    [texts.planned, format.number(bars.length), "grey"],
    [texts.unplanned, format.number(plan.unplanned.length), plan.unplanned.length ? "yellow" : "green"],
    [texts.travel_each, bars.length ? format.minutes(travel / bars.length) : "—", "grey"],
    [texts.late, format.number(late), late ? "red" : "green"],
    [texts.engineers, `${format.number(at_work)} / ${format.number(plan.engineers.length)}`, "grey"],
  ];
  return html`<div class="tiles">${all.map(([label, value, tone]) => html`<div class=${`tile tone-${tone}`}><div class="label">${label}</div><div class="value">${value}</div></div>`)}</div>`;
}

/**
 * The plan with what the lanes and the map need: colours by status, breaks where they may begin.
 * @param {any} plan
 */
function drawable(plan) {
  const bar = (/** @type {any} */ v) => ({
    ...v, visit_id: v.id, start_at: v.planned_start_at, end_at: v.planned_end_at,
    colour: config.colours[v.status === "created" ? v.order_status : v.status] ?? "grey",
  });
  const rest = (/** @type {any} */ pause) => {
    const from = Date.parse(pause.earliest_at);
    return { starts_at: pause.earliest_at, ends_at: new Date(from + pause.duration_s * 1000).toISOString() };
  };
  return {
    ...plan,
    engineers: plan.engineers.map((/** @type {any} */ lane) => ({
      ...lane,
      visits: lane.visits.map(bar),
      spans: lane.spans.map((/** @type {any} */ span) => ({ ...span, breaks: span.breaks.map(rest) })),
    })),
    unplanned: plan.unplanned.map(bar),
  };
}

/** The lanes as they would be with the proposal published. @param {any} plan @param {any} preview */
function previewLanes(plan, preview) {
  const changes = new Map(preview.changes.map((/** @type {any} */ c) => [c.visit_id, c]));
  /** @type {Map<string, any>} */
  const known = new Map([...plan.engineers.flatMap((/** @type {any} */ e) => e.visits), ...plan.unplanned].map((b) => [b.visit_id, b]));
  return plan.engineers.map((/** @type {any} */ lane) => {
    const stay = lane.visits.filter((/** @type {any} */ b) => !changes.has(b.visit_id));
    const come = preview.changes
      .filter((/** @type {any} */ c) => c.engineer_id === lane.id && c.planned_start_at)
      .map((/** @type {any} */ c) => ({ colour: "grey", status: "created", lock: "none", ...known.get(c.visit_id), ...c,
        start_at: c.planned_start_at, end_at: c.planned_end_at, change: c.change === "kept" ? "" : c.change }));
    return { ...lane, visits: [...stay, ...come].sort((a, b) => Date.parse(a.start_at) - Date.parse(b.start_at)) };
  });
}

/** @param {any} event */
function submit(event) {
  event.target.form.requestSubmit();
}

/** @param {unknown} error */
function sentence(error) {
  return error instanceof TypeError ? texts.offline : String(error instanceof Error ? error.message : error);
}

render(html`<${Board} />`, place);
