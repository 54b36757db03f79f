// Knowledge, the own van, and how the phone stands with the server.
import { html, useEffect, useState } from "vendor/preact";
import { say } from "./ops.js";
import { found, held } from "./parts.js";
import { files, link, me, of, ops } from "./state.js";
import { beTold, isTold, tellNoMore } from "./push.js";
import { sync } from "./sync.js";
import { sendAgain } from "./uploads.js";
import { Button, Field, useDraft } from "./ui.js";
import { format, language, partName, speak, t } from "./words.js";

const MOST_SHOWN = 50;

/** @param {{id?: string}} props */
export function Knowledge({ id }) {
  const [words, setWords] = useState("");
  const [writing, setWriting] = useState(false);
  const article = id ? of("articles").get(id) : null;
  if (article) return html`<article class="panel"><h2>${article.title}</h2><p class="muted">${[article.fault_code, ...article.tags].filter(Boolean).join(" · ")}</p>${article.text.split(/\n{2,}/).map((/** @type {string} */ part) => html`<p class="said">${part}</p>`)}<p><a href="#/knowledge">${t("back")}</a></p></article>`;
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const all = [...of("articles").values()].filter((one) => {
    const text = `${one.title} ${one.text} ${one.fault_code} ${one.tags.join(" ")}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
  return html`<${Field} label=${t("search")}><input type="search" value=${words} onInput=${(/** @type {any} */ event) => setWords(event.target.value)} /><//>
    <ul class="plain cards">${all.slice(0, MOST_SHOWN).map((one) => html`<li key=${one.id}><a class="card" href=${`#/knowledge/${one.id}`}><strong>${one.title}</strong><span>${[one.fault_code, ...one.tags].filter(Boolean).join(" · ")}</span></a></li>`)}</ul>
    ${all.length ? null : html`<p class="empty">${t("nothing.found")}</p>`}
    ${writing ? html`<${Draft} done=${() => setWriting(false)} />` : html`<button type="button" onClick=${() => setWriting(true)}>${t("article.write")}</button>`}`;
}

/** What the engineer learned, for the others. @param {{done: () => void}} props */
function Draft({ done }) {
  const [title, setTitle] = useDraft("article:title");
  const [text, setText] = useDraft("article:text");
  const send = async () => {
    await say("article_draft", null, { title, text, fault_code: "", tags: [] });
    setTitle("");
    setText("");
    done();
  };
  return html`<section class="panel"><h2>${t("article.write")}</h2>
    <${Field} label=${t("article.title")}><input maxlength="200" value=${title} onInput=${(/** @type {any} */ event) => setTitle(event.target.value)} /><//>
    <${Field} label=${t("article.text")} hint=${t("article.hint")}><textarea rows="6" maxlength="20000" value=${text} onInput=${(/** @type {any} */ event) => setText(event.target.value)}></textarea><//>
    <div class="row"><${Button} class="primary" disabled=${!title.trim() || !text.trim()} does=${send}>${t("article.send")}<//><button type="button" class="quiet" onClick=${done}>${t("never.mind")}</button></div></section>`;
}

export function Van() {
  const [words, setWords] = useState("");
  const touched = new Set([...of("van_stock").keys(), ...ops.value.filter((op) => op.ahead && op.payload?.part_id).map((op) => op.payload.part_id)]);
  const rows = words.trim() ? found(words) : [...touched].map((id) => of("parts").get(id)).filter(Boolean).filter((part) => held(part.id)).sort((a, b) => a.number.localeCompare(b.number));
  return html`<${Field} label=${t("part.find")}><input type="search" value=${words} onInput=${(/** @type {any} */ event) => setWords(event.target.value)} /><//>
    <ul class="plain rows">${rows.map((part) => html`<li key=${part.id} class="row between"><span><strong>${part.number}</strong><br />${partName(part)}</span><span class=${held(part.id) < 0 ? "badge tone-red" : "count"}>${format.value.number(held(part.id))} ${part.unit}</span></li>`)}</ul>
    ${rows.length ? null : html`<p class="empty">${t(words.trim() ? "nothing.found" : "van.empty")}</p>`}`;
}

export function Sync() {
  const [persists, setPersists] = useState(/** @type {boolean | null} */ (null));
  useEffect(() => { void navigator.storage?.persisted?.().then(setPersists); }, []);
  const waiting = ops.value.filter((op) => op.waits);
  const undecided = ops.value.filter((op) => op.outcome === "held" || op.outcome === "rejected").slice(-MOST_SHOWN).reverse();
  const coming = files.value.filter((file) => file.waits || file.refused);
  const isApple = /iPhone|iPad/.test(navigator.userAgent) && !(/** @type {any} */ (navigator).standalone);
  return html`<section class="panel"><h2>${t(`link.${link.value.state}`)}</h2>
      ${link.value.detail ? html`<p class="message tone-red">${link.value.detail}</p>` : null}
      ${link.value.code === "unauthenticated" ? html`<p><a class="button" href="#/enrol">${t("enrol.again")}</a></p>` : null}
      <p>${link.value.at ? t("sync.last", { time: format.value.time(new Date(link.value.at).toISOString()) }) : t("sync.never")}</p>
      <p>${t("sync.waiting", { ops: waiting.length, files: coming.filter((file) => file.waits).length })}</p>
      <${Button} class="primary" does=${sync}>${t("sync.now")}<//></section>
    ${waiting.length ? html`<section class="panel"><h3>${t("waits")}</h3><ul class="plain">${waiting.map((op) => html`<li key=${op.id}>${format.value.time(op.device_time)} ${t(`said.${op.kind}`)} ${numberOf(op)}</li>`)}</ul></section>` : null}
    ${coming.length ? html`<section class="panel"><h3>${t("files")}</h3><ul class="plain">${coming.map((file) => html`<li key=${file.id}>${file.name} · ${format.value.number(Math.ceil(file.size / 1024))} KiB · ${t(file.refused ? "file.refused" : "file.waits")}${file.refused ? html` <${Button} class="small" does=${() => sendAgain(file.id)}>${t("file.again")}<//>` : null}</li>`)}</ul></section>` : null}
    ${undecided.length ? html`<section class="panel"><h3>${t("undecided")}</h3><ul class="plain">${undecided.map((op) => html`<li key=${op.id}><span class=${`badge tone-${op.outcome === "held" ? "yellow" : "red"}`}>${t(`outcome.${op.outcome}`)}</span> ${t(`said.${op.kind}`)} ${numberOf(op)}<br /><span class="muted">${op.detail?.detail ?? told(op.outcome_code)}</span></li>`)}</ul></section>` : null}
    <section class="panel"><h3>${t("this.phone")}</h3>
      <p>${me.value?.engineer}</p>
      <p>${persists === false ? t("storage.unsafe") : persists ? t("storage.safe") : ""}</p>
      <${Told} />
      ${isApple ? html`<p>${t("install.apple")}</p>` : null}
      <div class="segments" role="group" aria-label=${t("language")}>
        <button lang="zh-CN" aria-pressed=${language.value === "zh"} onClick=${() => speak("zh")}>中文</button>
        <button lang="en" aria-pressed=${language.value === "en"} onClick=${() => speak("en")}>English</button>
      </div></section>`;
}

/** Whether this phone is told of changes while the app is closed. */
function Told() {
  const [told, setTold] = useState(/** @type {boolean | null} */ (null));
  useEffect(() => { void isTold().then(setTold); }, []);
  if (told === null) return null;
  if (told) return html`<p>${t("push.on")} <${Button} class="small" does=${async () => { await tellNoMore(); setTold(false); }}>${t("push.stop")}<//></p>`;
  return html`<p>${t("push.off")} <${Button} class="small" does=${async () => { await beTold(); setTold(true); }}>${t("push.start")}<//></p>`;
}

/** Why something was not counted. @param {string} code */
function told(code) {
  const said = t(`code.${code}`);
  return said === `code.${code}` ? t("code.invalid") : said;
}

/** @param {any} op */
function numberOf(op) {
  for (const visit of of("work_orders").values()) if (visit.work_order_id === op.work_order_id) return visit.number;
  return "";
}
