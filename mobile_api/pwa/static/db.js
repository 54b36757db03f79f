// What the phone keeps: documents as the server sent them, what was said here, files on their way, and a few facts.
import { openDB } from "vendor/idb";

/** @typedef {import("vendor/idb").IDBPDatabase<any>} Database */

/** Collections the server makes; a phone never changes them. */
export const PULLED = /** @type {const} */ (["work_orders", "parts", "van_stock", "depot_stock", "part_requests", "articles"]);
/** @typedef {typeof PULLED[number]} Pulled */

/** @returns {Promise<Database>} */
export function open() {
  return openDB("paidan", 1, {
    upgrade(database) {
      database.createObjectStore("meta");
      for (const name of PULLED) database.createObjectStore(name, { keyPath: "id" });
      for (const name of ["ops", "files"]) {
        database.createObjectStore(name, { keyPath: "id" }).createIndex("waits", "waits");
      }
    },
  });
}

/** Everything, gone: the phone is nobody's any more. @param {Database} database */
export async function forget(database) {
  const names = ["meta", "ops", "files", ...PULLED];
  const transaction = database.transaction(names, "readwrite");
  await Promise.all(names.map((name) => transaction.objectStore(name).clear()));
  await transaction.done;
}
