// Where a visit is once what was said here counts: the same rules as the server's (mobile_api/rules.py).

/** @type {Record<string, string>} */
export const FORWARD = { accept: "accepted", depart: "en_route", arrive: "arrived", start: "in_progress", complete: "completed" };
/** The step that comes next, by status. @type {Record<string, string>} */
export const NEXT = {
  dispatched: "accept", accepted: "depart", en_route: "arrive", arrived: "start", in_progress: "complete", on_hold: "resume",
};
/** @type {Record<string, number>} */
const RANK = { dispatched: 0, accepted: 1, en_route: 2, arrived: 3, in_progress: 4, on_hold: 4, completed: 5 };
const OTHERS = ["decline", "hold", "resume", "incomplete"];
const ENDED = ["completed", "incomplete", "declined", "cancelled", "created"];

/** @param {string} status */
export const isOver = (status) => ENDED.includes(status);

/** What can be done instead of the next step. @param {string} status @returns {string[]} */
export function aside(status) {
  return OTHERS.filter((verb) => verb !== "resume" && led(status, verb) !== status);
}

/** The status a step leads to. @param {string} status @param {string} verb @returns {string} */
export function led(status, verb) {
  if (isOver(status)) return status;
  const rank = RANK[status] ?? 0;
  const to = FORWARD[verb];
  if (to) return (RANK[to] ?? 0) > rank ? to : status;
  if (verb === "decline") return rank < 2 ? "declined" : status;
  if (verb === "hold") return status === "arrived" || status === "in_progress" ? "on_hold" : status;
  if (verb === "resume") return status === "on_hold" ? "in_progress" : status;
  return verb === "incomplete" ? "incomplete" : status;
}

/**
 * Where a visit is, when what the server does not show yet is added.
 * @param {any} visit its document
 * @param {any[]} ops all that was said here
 */
export function statusOf(visit, ops) {
  return ops
    .filter((op) => op.ahead && op.assignment_id === visit.assignment_id && !["rejected", "held"].includes(op.outcome))
    .sort((a, b) => a.device_seq - b.device_seq)
    .reduce((status, op) => led(status, op.kind), visit.status);
}

/** By how many of each part the van differs from what the server shows. @param {any[]} ops all that was said here @returns {Map<string, number>} */
export function moved(ops) {
  const found = new Map();
  for (const { ahead, outcome, kind, payload } of ops) {
    const sign = { part_used: -1, part_returned: 1 }[/** @type {string} */ (kind)];
    if (ahead && sign && outcome !== "rejected") found.set(payload.part_id, (found.get(payload.part_id) ?? 0) + sign * payload.quantity);
  }
  return found;
}
