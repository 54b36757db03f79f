// What the phone keeps: documents as the server sent them, what was said here, files on their way, and a few facts.
import { openDB } from "vendor/idb";

/** @typedef {import("vendor/idb").IDBPDatabase<any>} Database */

/** Collections the server makes; a phone never changes them. */
export const PULLED = /** @type {const} */ (["work_orders", "parts", "van_stock", "depot_stock", "part_requests", "articles"]);
/** @typedef {typeof PULLED[number]} Pulled */
/** What of this phone's own waits to be sent. */
const OWN = ["ops", "files"];

/** @returns {Promise<Database>} */
export function open() {
  return openDB("paidan", 1, {
    upgrade(database) {
      database.createObjectStore("meta");
      // Bytes of photos lie apart: whatever lists files must not read them.
      database.createObjectStore("bytes");
      for (const name of PULLED) database.createObjectStore(name, { keyPath: "id" });
      for (const name of OWN) database.createObjectStore(name, { keyPath: "id" }).createIndex("waits", "waits");
    },
    // Phones end the connection of an app that lay in the background; there is no way back but to begin again.
    terminated: () => location.reload(),
    blocking: (_now, _wanted, event) => /** @type {IDBDatabase} */ (event.target).close(),
  });
}

/**
 * Forget everything of whose phone this was; false: more waits to be sent, or it is somebody else's by now.
 * @param {Database} database @param {string} token of whom it was
 * @param {boolean} [all] whether what waits goes too
 */
export async function forget(database, token, all = false) {
  const names = ["meta", "bytes", ...OWN, ...PULLED];
  const transaction = database.transaction(names, "readwrite");
  const me = await transaction.objectStore("meta").get("me");
  const waits = await Promise.all(OWN.map((name) => transaction.objectStore(name).index("waits").count()));
  const may = me?.token === token && (all || waits.every((count) => !count));
  if (may) {
    const device = await transaction.objectStore("meta").get("device_uuid");
    await Promise.all(names.map((name) => transaction.objectStore(name).clear()));
    if (device) await transaction.objectStore("meta").put(device, "device_uuid");
  }
  await transaction.done;
  if (may) for (const name of Object.keys(localStorage)) if (name.startsWith("paidan-draft:")) localStorage.removeItem(name);
  return may;
}
