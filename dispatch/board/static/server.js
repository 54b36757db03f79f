// Talking to the JSON API: the session's cookie, the CSRF token, problem documents as errors.

const token = document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";

/** An answer of the server that says no, in a sentence. */
export class Problem extends Error {
  /** @param {{status: number, title?: string, detail?: string, errors?: object}} body */
  constructor(body) {
    const fields = body.errors ? ` ${sentences(body.errors).join(" ")}` : "";
    super(`${body.detail || body.title || body.status}${fields}`);
    this.status = body.status;
  }
}

/** @param {unknown} said @returns {string[]} */
function sentences(said) {
  if (typeof said === "string") return [said];
  return said && typeof said === "object" ? Object.values(said).flatMap(sentences) : [];
}

/**
 * Send a request below /api/v1 and return its JSON.
 * @param {string} path
 * @param {{method?: string, body?: unknown, headers?: Record<string, string>}} [options]
 * @returns {Promise<any>}
 */
export async function send(path, { method = "GET", body, headers = {} } = {}) {
  /** @type {Record<string, string>} */
  const all = { Accept: "application/json", ...headers };
  if (method !== "GET") all["X-CSRFToken"] = token;
  if (body !== undefined) all["Content-Type"] = "application/json";
  const answer = await fetch(`/api/v1${path}`, {
    method,
    headers: all,
    credentials: "same-origin",
    body: body === undefined ? null : JSON.stringify(body),
  });
  const json = answer.status === 204 ? null : await answer.json().catch(() => ({ status: answer.status }));
  if (!answer.ok) throw new Problem({ status: answer.status, ...json });
  return json;
}
