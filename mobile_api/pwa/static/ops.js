// Saying what was done: an operation and the file it speaks of are kept in one transaction, then sent when there is a line.
import { database, load } from "./state.js";
import { t } from "./words.js";

/** This run of the app: its clock that never jumps counts from here. */
const BOOT = crypto.randomUUID();
/** What is sent of an operation; everything else about it is this phone's own. */
export const SENT = [
  "id", "kind", "work_order_id", "assignment_id", "payload", "device_seq", "device_time", "mono_ms", "boot_id", "clock_offset_ms",
];
const MOST_BYTES = 50 * 1024 * 1024;
const ANSWERED = ["outcome", "outcome_code", "detail", "received_at", "event_time", "time_quality"];
/** @type {() => void} */
let nudge = () => {};

/** An operation as it is kept once the server has spoken of it: what was said here stays as it was said. @param {any} here @param {any} theirs */
export function answered({ waits, ...here }, theirs) {
  return here.mine ? { ...here, ...Object.fromEntries(ANSWERED.map((name) => [name, theirs[name]])) } : theirs;
}

/** Have something done whenever there is more to send. @param {() => void} then */
export function whenSaid(then) {
  nudge = then;
}

/**
 * Keep that something was done, with a picture if there is one.
 * @param {string} kind
 * @param {any} visit the document it is about, or null
 * @param {Record<string, unknown>} [payload]
 * @param {{blob: Blob, name: string, thumb: Blob | null} | null} [picture]
 * @returns {Promise<string>} the operation's id
 */
export async function say(kind, visit, payload = {}, picture = null) {
  const taken = picture && (await fileOf(visit, kind, picture));
  const file = taken?.file;
  const transaction = database.transaction(["meta", "ops", "files", "bytes"], "readwrite", { durability: "strict" });
  const meta = transaction.objectStore("meta");
  const seq = ((await meta.get("seq")) ?? 0) + 1;
  const clock = await meta.get("clock");
  const id = crypto.randomUUID();
  await Promise.all([
    meta.put(seq, "seq"),
    taken && transaction.objectStore("files").add(taken.file),
    taken && transaction.objectStore("bytes").add(taken.bytes, taken.file.id),
    transaction.objectStore("ops").add({
      id,
      kind,
      work_order_id: visit?.work_order_id ?? null,
      assignment_id: visit?.assignment_id ?? null,
      payload: file ? { ...payload, attachment_id: file.id } : payload,
      device_seq: seq,
      device_time: new Date().toISOString(),
      mono_ms: Math.round(performance.now()),
      boot_id: BOOT,
      clock_offset_ms: clock?.offset ?? null,
      mine: 1,
      waits: 1,
      ahead: 1,
    }),
  ]);
  await transaction.done;
  await load(["ops", "files"]);
  nudge();
  return id;
}

/** @param {any} visit @param {string} kind @param {{blob: Blob, name: string, thumb: Blob | null}} picture */
async function fileOf(visit, kind, { blob, name, thumb }) {
  if (blob.size > MOST_BYTES) throw new Error(t("photo.large"));
  const bytes = await blob.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const file = {
    id: crypto.randomUUID(), visit_id: visit.id, work_order_id: visit.work_order_id, kind, name, type: blob.type,
    size: bytes.byteLength, thumb, sha256, url: "", waits: 1, at: Date.now(),
  };
  // Bytes, not the camera's file: that may be gone when it is sent.
  return { file, bytes };
}
