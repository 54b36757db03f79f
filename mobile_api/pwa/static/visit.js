// One visit: everything needed there, and one big button for the step that comes next.
import { html, useRef, useState } from "vendor/preact";
import { say } from "./ops.js";
import { Photos } from "./photos.js";
import { place } from "./places.js";
import { PartsOf } from "./parts.js";
import { files, of, ops } from "./state.js";
import { NEXT, aside, isOver } from "./steps.js";
import { visits } from "./today.js";
import { Button, Field, Icon, Status, go, useDraft } from "./ui.js";
import { config, format, language, named, t, weekday } from "./words.js";

/** Steps that say where the phone is. */
const CALM_MS = 700;
const WITH_PLACE = ["depart", "arrive"];

/** @param {{id: string}} props */
export function Visit({ id }) {
  const visit = visits().find((one) => one.id === id);
  if (!visit) return html`<p class="empty">${t("visit.gone")}</p><p><a class="button" href="#/">${t("today")}</a></p>`;
  const next = NEXT[visit.here];
  return html`<article class="visit">
    <p class="row between"><span class="muted">${visit.number}</span><${Status} status=${visit.here} /></p>
    <h2>${visit.title}</h2>
    <p class="times">${format.value.day(visit.planned_start_at ?? visit.due_at ?? new Date(0).toISOString())} ${format.value.time(visit.planned_start_at)}–${format.value.time(visit.planned_end_at)}</p>
    ${visit.due_at ? html`<p class="muted">${t("due")} ${format.value.day(visit.due_at)} ${format.value.time(visit.due_at)}</p>` : null}
    <${Where} visit=${visit} />
    ${visit.description ? html`<section class="panel"><h3>${t("fault")}</h3><p class="said">${visit.description}</p><p class="muted">${named(visit.category)}</p></section>` : null}
    <${Device} visit=${visit} />
    <${Checklist} visit=${visit} />
    <${Photos} visit=${visit} />
    <${Notes} visit=${visit} />
    <${PartsOf} visit=${visit} />
    <${Help} visit=${visit} />
    <${Log} visit=${visit} />
    ${isOver(visit.here) ? null : html`<${Aside} visit=${visit} />`}
    ${next ? html`<${Next} key=${next} visit=${visit} verb=${next} />` : null}
  </article>`;
}

/** The step that comes next. A second tap meant for the one before, which was here a moment ago, is not taken. @param {{visit: any, verb: string}} props */
function Next({ visit, verb }) {
  const since = useRef(Date.now());
  const press = async () => { if (Date.now() - since.current > CALM_MS) await step(visit, verb); };
  return html`<div class="next"><${Button} class="primary big" does=${press}>${t(`step.${verb}`)}<//></div>`;
}

/** @param {any} visit @param {string} verb */
async function step(visit, verb) {
  if (verb === "complete") {
    go(`/visit/${visit.id}/complete`);
    return;
  }
  await say(verb, visit, WITH_PLACE.includes(verb) ? await place() : {});
}

/** @param {{visit: any}} props */
function Where({ visit }) {
  const { site, contact } = visit;
  const name = encodeURIComponent(site.name || visit.customer);
  const way = language.value === "zh"
    ? `https://uri.amap.com/navigation?to=${site.lon},${site.lat},${name}&mode=car&coordinate=wgs84`
    : `https://www.google.com/maps/dir/?api=1&destination=${site.lat},${site.lon}`;
  return html`<section class="panel">
    <h3>${visit.customer}</h3>
    <p>${site.address || site.name}</p>
    ${site.access_notes ? html`<p class="muted">${site.access_notes}</p>` : null}
    ${site.access_hours.length ? html`<p class="muted">${t("open.hours")} ${site.access_hours.map((/** @type {any} */ one) => `${weekday(one.weekday)} ${one.opens.slice(0, 5)}–${one.closes.slice(0, 5)}`).join(", ")}</p>` : null}
    <div class="row">
      ${contact.phone ? html`<a class="button" href=${`tel:${contact.phone.replace(/[^+0-9]/g, "")}`}><${Icon} name="phone" />${t("call")} ${contact.name || contact.phone}</a>` : null}
      ${site.lat == null ? null : html`<a class="button" href=${way} target="_blank" rel="noreferrer"><${Icon} name="way" />${t("navigate")}</a>`}
    </div>
  </section>`;
}

/** @param {{visit: any}} props */
function Device({ visit }) {
  const { asset, history } = visit;
  if (!asset && !history.length) return null;
  return html`<section class="panel">
    ${asset ? html`<h3>${asset.name}</h3>
      <p class="muted">${[asset.model, asset.serial, asset.warranty_until && `${t("warranty")} ${asset.warranty_until}`].filter(Boolean).join(" · ")}</p>
      ${asset.notes ? html`<p>${asset.notes}</p>` : null}` : null}
    ${history.length ? html`<details><summary>${t("history")} (${history.length})</summary><ul class="plain">${history.map((/** @type {any} */ one) => html`<li><strong>${format.value.day(one.at)}</strong> ${one.title}${one.solution ? html`<br /><span class="muted">${one.solution}</span>` : null}</li>`)}</ul></details>` : null}
  </section>`;
}

/** What has to be there before the visit is completed, and whether it is; what was done is written down last. @param {any} visit */
export function checklist(visit) {
  const said = (/** @type {string} */ kind) => ops.value.some((op) => op.kind === kind && op.assignment_id === visit.assignment_id && op.outcome !== "rejected");
  /** @type {Record<string, boolean>} */
  const done = {
    arrival: said("arrive") || said("check_in") || visit.steps.some((/** @type {any} */ one) => one.verb === "arrive"),
    photo: said("photo"),
    signature: said("signature"),
  };
  return config.mandatory.filter((key) => key in done).map((key) => ({ key, done: done[key] ?? false }));
}

/** @param {{visit: any}} props */
function Checklist({ visit }) {
  return html`<section class="panel"><h3>${t("checklist")}</h3><ul class="checks">
    ${checklist(visit).map(({ key, done }) => html`<li class=${done ? "tone-green" : "tone-grey"}><span aria-hidden="true">${done ? "✓" : "○"}</span> ${t(`check.${key}`)}<span class="visually-hidden"> ${t(done ? "is.done" : "is.open")}</span></li>`)}
  </ul>
  ${isOver(visit.here) ? null : html`<${Button} does=${() => checkIn(visit)}>${t("check_in")}<//>`}</section>`;
}

/** @param {any} visit */
async function checkIn(visit) {
  const found = await place();
  if (!("lat" in found)) throw new Error(t("no.place"));
  await say("check_in", visit, found);
}

/** @param {{visit: any}} props */
function Notes({ visit }) {
  const [text, setText] = useDraft(`note:${visit.assignment_id}`);
  const written = ops.value.filter((op) => op.kind === "note" && op.assignment_id === visit.assignment_id);
  return html`<section class="panel"><h3>${t("notes")}</h3>
    ${written.length ? html`<ul class="plain">${written.map((op) => html`<li>${op.payload.text} <small class="muted">${format.value.time(op.device_time)}</small></li>`)}</ul>` : null}
    <${Field} label=${t("note.new")}><textarea rows="2" maxlength="4000" value=${text} onInput=${(/** @type {any} */ event) => setText(event.target.value)}></textarea><//>
    <${Button} disabled=${!text.trim()} does=${async () => { await say("note", visit, { text }); setText(""); }}>${t("note.keep")}<//>
  </section>`;
}

/** Articles that may help here: those whose words are in the order. @param {any} visit @returns {any[]} */
function fitting(visit) {
  const about = [visit.title, visit.description, named(visit.category), visit.asset?.name, visit.asset?.model].join(" ").toLowerCase();
  const score = (/** @type {any} */ article) =>
    [...article.tags, article.fault_code].filter((word) => word && about.includes(word.toLowerCase())).length;
  return [...of("articles").values()].map((article) => ({ article, score: score(article) })).filter((one) => one.score).sort((a, b) => b.score - a.score).slice(0, 3).map((one) => one.article);
}

/** @param {{visit: any}} props */
function Help({ visit }) {
  const found = fitting(visit);
  if (!found.length) return null;
  return html`<section class="panel"><h3>${t("knowledge.here")}</h3><ul class="plain">${found.map((article) => html`<li key=${article.id}><a href=${`#/knowledge/${article.id}`}>${article.title}</a></li>`)}</ul></section>`;
}

/** @param {{visit: any}} props */
function Log({ visit }) {
  if (!visit.steps.length) return null;
  return html`<section class="panel"><details><summary>${t("steps")}</summary><ul class="plain">${visit.steps.map((/** @type {any} */ one) => html`<li><span class="times">${format.value.time(one.at)}</span> ${t(`verb.${one.verb}`)}</li>`)}</ul></details></section>`;
}

/** Everything else that can be done with a visit; each needs a reason. @param {{visit: any}} props */
function Aside({ visit }) {
  const [verb, setVerb] = useState("");
  const [reason, setReason] = useState("");
  const verbs = aside(visit.here).filter((one) => one !== "incomplete" || visit.here !== "dispatched");
  if (!verbs.length) return null;
  const send = async () => {
    await say(verb, visit, verb === "incomplete" ? { reason: reason || config.reasons[0], note: "" } : { reason });
    setVerb("");
    setReason("");
  };
  return html`<section class="panel">
    <div class="row">${verbs.map((one) => html`<button type="button" aria-pressed=${verb === one} onClick=${() => { setVerb(verb === one ? "" : one); setReason(""); }}>${t(`step.${one}`)}</button>`)}</div>
    ${verb && verbs.includes(verb) ? html`
      <${Field} label=${t("reason")}>${verb === "incomplete"
        ? html`<select value=${reason} onChange=${(/** @type {any} */ event) => setReason(event.target.value)}>${config.reasons.map((one) => html`<option value=${one}>${t(`incomplete.${one}`)}</option>`)}</select>`
        : html`<input maxlength="4000" value=${reason} onInput=${(/** @type {any} */ event) => setReason(event.target.value)} />`}<//>
      <${Button} class="danger" disabled=${verb !== "incomplete" && !reason.trim()} does=${send}>${t(`step.${verb}`)}<//>` : null}
  </section>`;
}

/** How many files of a visit are still on their way. @param {string} id */
export const onTheWay = (id) => files.value.filter((file) => file.visit_id === id && file.waits).length;
