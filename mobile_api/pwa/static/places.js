// Where the phone is, asked for at steps and now and then while the app is open; a step never waits long for it.
import { say } from "./ops.js";
import { me } from "./state.js";

const PATIENCE_MS = 6_000;
const FRESH_MS = 60_000;
const EVERY_MS = 120_000;

/** The place, or the reason why it is not known. @returns {Promise<{lat: number, lon: number, accuracy_m: number} | {reason: string}>} */
export function place() {
  return new Promise((resolve) => {
    if (!("geolocation" in navigator)) {
      resolve({ reason: "this phone tells no position" });
      return;
    }
    const late = setTimeout(() => resolve({ reason: "no position in time" }), PATIENCE_MS + 500);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        clearTimeout(late);
        resolve({ lat: coords.latitude, lon: coords.longitude, accuracy_m: Math.min(coords.accuracy, 1_000_000) });
      },
      (error) => {
        clearTimeout(late);
        resolve({ reason: `no position: ${error.message || error.code}` });
      },
      { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: FRESH_MS },
    );
  });
}

/** Say where the phone is every two minutes while `isAtWork`; never asks for the permission itself. @param {() => boolean} isAtWork */
export function keepTelling(isAtWork) {
  setInterval(async () => {
    if (!me.value || document.hidden || !isAtWork()) return;
    const allowed = await navigator.permissions?.query({ name: "geolocation" }).catch(() => null);
    if (allowed?.state !== "granted") return;
    const fix = await place();
    if ("lat" in fix) await say("position", null, { fixes: [{ ...fix, age_ms: 0 }] });
  }, EVERY_MS);
}
