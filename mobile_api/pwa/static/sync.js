// The one talk with the server at a time: say what waits, fetch what is new, send the files; then wait for a hint.
import { PULLED, forget } from "./db.js";
import { SENT, answered, whenSaid } from "./ops.js";
import { Refused, ask, listen } from "./server.js";
import { database, link, load, me } from "./state.js";
import { sendFiles } from "./uploads.js";

const PAGE = 500;
const BATCH = 50;
const VERSION = { "X-Schema-Version": "1" };
const RETRY_MS = [2_000, 5_000, 15_000, 30_000];
const POLL_MS = 30_000;

let running = false;
let again = false;
let failures = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let later;

/** Talk with the server now, or once more if that is being done. */
export async function sync() {
  if (!me.value) return;
  if (running) {
    again = true;
    return;
  }
  running = true;
  clearTimeout(later);
  try {
    do {
      again = false;
      await talk();
    } while (again);
    failures = 0;
    link.value = { state: "fine", at: Date.now(), code: "", detail: "" };
  } catch (error) {
    await explain(error);
    const wait = RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)] ?? POLL_MS;
    later = setTimeout(sync, wait);
  } finally {
    running = false;
  }
  await load(["ops"]);
}

async function talk() {
  // Whatever becomes of the rest, photos go; they take their own time, and nobody waits for them.
  void sendFiles();
  await push();
  try {
    await pull();
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== "resync_required") throw error;
    await startAnew();
    void sendFiles();
    await push();
    await pull();
  }
}

async function push() {
  for (;;) {
    const waiting = await database.getAllFromIndex("ops", "waits", 1);
    waiting.sort((a, b) => a.device_seq - b.device_seq);
    const rows = waiting.slice(0, BATCH);
    if (!rows.length) return;
    await say(rows);
    await load(["ops"]);
  }
}

/** @param {any[]} rows @returns {Promise<void>} */
async function say(rows) {
  let answers;
  try {
    const body = rows.map((row) => ({ newDocumentState: Object.fromEntries(SENT.map((name) => [name, row[name]])) }));
    answers = await ask("/sync/ops", { method: "POST", body });
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 413) throw error;
    if (rows.length === 1) return giveUp(rows[0], error);
    await say(rows.slice(0, rows.length >> 1));
    return say(rows.slice(rows.length >> 1));
  }
  const transaction = database.transaction("ops", "readwrite");
  for (const { _deleted, ...answer } of answers) {
    await transaction.store.put(answered((await transaction.store.get(answer.id)) ?? {}, answer));
  }
  await transaction.done;
}

/** Keep one that the server takes in no way, for its engineer to see; it must not hold up all others. @param {any} row @param {Refused} error */
async function giveUp({ waits, ahead, ...row }, error) {
  await database.put("ops", { ...row, outcome: "rejected", outcome_code: error.code, detail: { detail: error.message } });
}

async function pull() {
  const said = (await database.getAll("ops")).filter((op) => op.ahead && !op.waits);
  for (const name of [...PULLED, "ops"]) {
    for (let full = true; full;) full = await page(name);
    // What had been answered before is in these documents now: parts in the van's, steps in the visits'.
    if (name === "van_stock") await isShown(said.filter((op) => op.kind.startsWith("part_")));
    if (name === "work_orders") await isShown(said.filter((op) => !op.kind.startsWith("part_")));
  }
}

/** @param {any[]} said operations whose effect the documents show */
async function isShown(said) {
  if (!said.length) return;
  const transaction = database.transaction("ops", "readwrite");
  for (const { id } of said) {
    const { ahead, ...kept } = (await transaction.store.get(id)) ?? {};
    if (kept.id) await transaction.store.put(kept);
  }
  await transaction.done;
  await load(["ops"]);
}

/** Fetch a page and keep it with its checkpoint; true: there may be more. @param {string} name */
async function page(name) {
  const checkpoint = (await database.get("meta", `checkpoint:${name}`)) ?? null;
  const query = new URLSearchParams({ limit: String(PAGE), checkpoint: JSON.stringify(checkpoint) });
  const { documents, checkpoint: next } = await ask(`/sync/${name}?${query}`, { headers: VERSION });
  const transaction = database.transaction([name, "meta"], "readwrite");
  const store = transaction.objectStore(name);
  for (const { _deleted, ...one } of documents) {
    const here = name === "ops" ? await store.get(one.id) : undefined;
    if (_deleted) {
      if (!here?.waits) await store.delete(one.id);
    } else {
      await store.put(here ? answered(here, one) : one);
    }
  }
  await transaction.objectStore("meta").put(next, `checkpoint:${name}`);
  await transaction.done;
  if (documents.length) await load([name]);
  return documents.length === PAGE;
}

/** The server was restored: all of its documents go, and all that was said here is said again. */
async function startAnew() {
  const transaction = database.transaction(["meta", "ops", "files", "bytes", ...PULLED], "readwrite");
  const meta = transaction.objectStore("meta");
  await Promise.all(PULLED.map((name) => transaction.objectStore(name).clear()));
  await Promise.all([...PULLED, "ops"].map((name) => meta.delete(`checkpoint:${name}`)));
  const store = transaction.objectStore("ops");
  for (const op of await store.getAll()) if (op.mine && op.outcome_code !== "too_large") await store.put({ ...op, waits: 1 });
  const files = transaction.objectStore("files");
  const there = new Set(await transaction.objectStore("bytes").getAllKeys());
  for (const { sent, ...file } of await files.getAll()) if (sent && there.has(file.id)) await files.put({ ...file, url: "", waits: 1 });
  await transaction.done;
  await load();
}

/** @param {unknown} error */
async function explain(error) {
  if (!(error instanceof Refused)) {
    const state = error instanceof DOMException && error.name === "QuotaExceededError" ? "full" : "offline";
    link.value = { ...link.value, state, code: "", detail: "" };
    return;
  }
  const token = me.value?.token;
  if (error.wipe && token && (await forget(database, token, await isRefused()))) {
    await load();
    link.value = { state: "wiped", at: 0, code: "wipe", detail: error.message };
    return;
  }
  link.value = { ...link.value, state: "refused", code: error.code, detail: error.message };
}

/** Whether the server takes nothing of this phone any more; what it takes is sent. */
async function isRefused() {
  try {
    await push();
    await sendFiles();
  } catch (error) {
    return error instanceof Refused && error.wipe;
  }
  return false;
}

/** Keep talking for as long as the app is open. */
export function keepInSync() {
  whenSaid(() => { void sync(); });
  addEventListener("online", () => { failures = 0; void sync(); });
  addEventListener("offline", () => { link.value = { ...link.value, state: "offline" }; });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) void sync(); });
  navigator.serviceWorker?.addEventListener("message", ({ data }) => { if (data === "sync") void sync(); });
  void follow();
}

async function follow() {
  for (;;) {
    try {
      await sync();
    } catch {
      // The phone's own database did not answer; the next turn asks it again.
    }
    const began = Date.now();
    if (me.value && !document.hidden && link.value.state === "fine") {
      try {
        await listen(AbortSignal.timeout(2 * POLL_MS), () => { void sync(); });
      } catch {
        // No stream to be had: ask now and then.
      }
    }
    const rest = link.value.state === "fine" && Date.now() - began > 5_000 ? 500 : POLL_MS;
    await new Promise((resolve) => { setTimeout(resolve, me.value ? rest : 1_000); });
  }
}
