// How far the server's clock is ahead of this phone's: the best of the answers that came back fastest.

/** @typedef {{offset: number, trip: number, at: number}} Sample all in milliseconds */

const LASTS_MS = 600_000;

/**
 * The better of what was known and what an answer says.
 * @param {Sample | null} known
 * @param {string | null} served the answer's X-Server-Time
 * @param {number} asked @param {number} answered by this phone's clock
 * @returns {Sample | null}
 */
export function better(known, served, asked, answered) {
  const at = served ? Date.parse(served) : NaN;
  const trip = answered - asked;
  if (!Number.isFinite(at) || trip < 0) return known;
  const fresh = { offset: Math.round(at - (asked + answered) / 2), trip, at: answered };
  const isOld = !known || answered - known.at > LASTS_MS || answered < known.at;
  // A clock that was put right makes all that was known wrong.
  const isMoved = known && Math.abs(fresh.offset - known.offset) > fresh.trip + known.trip + 1_000;
  return isOld || isMoved || fresh.trip <= known.trip ? fresh : known;
}
