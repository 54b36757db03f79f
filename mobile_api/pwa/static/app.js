// The engineers' app: the frame, the screen that is wanted, and what keeps it in step with the server.
import { effect, html, render, signal } from "vendor/preact";
import { Complete } from "./complete.js";
import { Enrol } from "./enrol.js";
import { Knowledge, Sync, Van } from "./lists.js";
import { database, files, link, load, me, ops } from "./state.js";
import { renew } from "./push.js";
import { keepInSync } from "./sync.js";
import { Today } from "./today.js";
import { Icon } from "./ui.js";
import { Visit } from "./visit.js";
import { language, speak, t } from "./words.js";

const where = signal(location.hash.slice(1) || "/");
const now = signal(Date.now());
const fresh = signal(/** @type {ServiceWorker | null} */ (null));
const TABS = [["/", "today", "today"], ["/knowledge", "book", "knowledge"], ["/van", "van", "van"], ["/sync", "sync", "sync"]];
const TICK_MS = 30_000;

function App() {
  const path = where.value;
  const scanned = /^code=([0-9A-Za-z]+)/.exec(path)?.[1] ?? "";
  if (!me.value || scanned || path === "/enrol") return html`<${Enrol} code=${scanned} key=${scanned} />`;
  const [, screen, id, more] = path.split("/");
  const waits = ops.value.filter((op) => op.waits).length + files.value.filter((file) => file.waits).length;
  const tab = screen === "visit" ? "/" : `/${screen}`;
  const title = screen === "visit" ? t(more === "complete" ? "step.complete" : "visit") : t(TABS.find(([to]) => to === tab)?.[2] ?? "today");
  return html`
    <header class="bar">
      ${id ? html`<a class="icon-button" href=${more ? `#/visit/${id}` : `#${tab}`} aria-label=${t("back")}><${Icon} name="back" /></a>` : null}
      <h1>${title}</h1>
      <span role="status"><a class=${`link-state state-${link.value.state}`} href="#/sync">${waits ? t("count.waiting", { count: waits }) : t(`link.${link.value.state}`)}</a></span>
    </header>
    ${fresh.value ? html`<p class="message tone-blue">${t("update.ready")} <button class="small" onClick=${() => fresh.value?.postMessage("take over")}>${t("update.take")}</button></p>` : null}
    <main id="main">${screenOf(screen ?? "", id, more)}</main>
    <nav class="dock" aria-label=${t("menu")}>${TABS.map(([to, icon, name]) => html`<a href=${`#${to}`} aria-current=${to === tab ? "page" : null}><${Icon} name=${icon} /><span>${t(name ?? "")}</span></a>`)}</nav>`;
}

/** @param {string} screen @param {string | undefined} id @param {string | undefined} more */
function screenOf(screen, id, more) {
  if (screen === "visit" && id) return more === "complete" ? html`<${Complete} id=${id} key=${id} />` : html`<${Visit} id=${id} key=${id} />`;
  if (screen === "knowledge") return html`<${Knowledge} id=${id} key=${id ?? ""} />`;
  if (screen === "van") return html`<${Van} />`;
  if (screen === "sync") return html`<${Sync} />`;
  return html`<${Today} now=${now.value} />`;
}

async function look() {
  now.value = Date.now() + ((await database.get("meta", "clock"))?.offset ?? 0);
}

async function install() {
  if (!("serviceWorker" in navigator)) return;
  const registration = await navigator.serviceWorker.register("/m/sw.js", { scope: "/m/" });
  const offer = () => { if (registration.waiting && navigator.serviceWorker.controller) fresh.value = registration.waiting; };
  offer();
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", offer));
  let moved = false;
  navigator.serviceWorker.addEventListener("controllerchange", () => { if (fresh.value && !moved) { moved = true; location.reload(); } });
}

addEventListener("hashchange", () => {
  where.value = location.hash.slice(1) || "/";
  scrollTo(0, 0);
  document.querySelector("h1")?.focus?.();
});
speak(language.value);
await load();
effect(() => { if (link.value) void look(); });
setInterval(look, TICK_MS);
const frame = /** @type {HTMLElement} */ (document.getElementById("app"));
frame.replaceChildren();
render(html`<${App} />`, frame);
keepInSync();
void renew().catch(() => {});
void install();
