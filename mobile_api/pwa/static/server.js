// Talking to the server as this phone: its token, the server's clock, problem documents as errors.
import { better } from "./clock.js";
import { database, me } from "./state.js";

const BASE = "/api/mobile/v1";
const PATIENCE_MS = 60_000;

/** An answer that says no. */
export class Refused extends Error {
  /** @param {number} status @param {any} body */
  constructor(status, body) {
    super(String(body?.detail ?? body?.title ?? status));
    this.status = status;
    this.code = String(body?.code ?? status);
    this.wipe = body?.facts?.wipe === true;
  }
}

/**
 * @param {string} path
 * @param {{method?: string, body?: unknown, headers?: Record<string, string>}} [options]
 * @returns {Promise<any>}
 */
export async function ask(path, { method = "GET", body, headers = {} } = {}) {
  const known = await database.get("meta", "clock");
  const asked = Date.now();
  const answer = await fetch(BASE + path, {
    method,
    headers: {
      Accept: "application/json",
      ...(me.value ? { Authorization: `Bearer ${me.value.token}` } : {}),
      ...(known ? { "X-Clock-Offset-Ms": String(known.offset) } : {}),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
    credentials: "omit",
    cache: "no-store",
    signal: AbortSignal.timeout(PATIENCE_MS),
    body: body === undefined ? null : JSON.stringify(body),
  });
  const clock = better(known ?? null, answer.headers.get("X-Server-Time"), asked, Date.now());
  // A phone without room must still be able to send: that is what makes room.
  if (clock && clock !== known) await database.put("meta", clock, "clock").catch(() => {});
  const json = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw new Refused(answer.status, json);
  return json;
}

/** Whether more has come that this phone should fetch; ends when the stream does. @param {AbortSignal} signal @param {() => void} hint */
export async function listen(signal, hint) {
  const headers = { Authorization: `Bearer ${me.value.token}`, Accept: "text/event-stream" };
  const answer = await fetch(`${BASE}/sync/hints`, { headers, credentials: "omit", cache: "no-store", signal });
  if (!answer.ok || !answer.body) throw new Refused(answer.status, null);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ""; ;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = (rest + value).split("\n\n");
    rest = events.pop() ?? "";
    if (events.some((event) => event.includes("event: hint"))) hint();
  }
}

export const UPLOADS = `${BASE}/uploads`;
