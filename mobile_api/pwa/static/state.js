// What the screens show: signals filled from the phone's own database, never from the network.
import { batch, signal } from "vendor/preact";
import { PULLED, open } from "./db.js";

/** @type {Record<string, Map<string, any>>} */
const NOTHING = Object.fromEntries(PULLED.map((name) => [name, new Map()]));

export const database = await open();
/** Documents by collection and id. */
export const docs = Object.fromEntries(PULLED.map((name) => [name, signal(/** @type {Map<string, any>} */ (NOTHING[name]))]));
/** What was said here, the oldest first. @type {import("vendor/preact").Signal<any[]>} */
export const ops = signal([]);
/** Photos and signatures taken here. @type {import("vendor/preact").Signal<any[]>} */
export const files = signal([]);
/** Whose phone this is: token, engineer, device_id; null before it is enrolled. @type {import("vendor/preact").Signal<any>} */
export const me = signal(null);
/** How the last talk with the server went: when [ms], what stands in the way. */
export const link = signal({ state: "unknown", at: 0, code: "", detail: "" });

/** Read collections into memory. @param {readonly string[]} names */
export async function load(names = [...PULLED, "ops", "files", "meta"]) {
  const read = await Promise.all(names.map((name) => (name === "meta" ? database.get("meta", "me") : database.getAll(name))));
  batch(() => {
    names.forEach((name, place) => {
      const found = read[place];
      if (name === "meta") me.value = found ?? null;
      else if (name === "ops") ops.value = found.sort((/** @type {any} */ a, /** @type {any} */ b) => a.device_seq - b.device_seq);
      else if (name === "files") files.value = found;
      else /** @type {any} */ (docs[name]).value = new Map(found.map((/** @type {any} */ one) => [one.id, one]));
    });
  });
}

/** Documents of a collection. @param {import("./db.js").Pulled} name @returns {Map<string, any>} */
export const of = (name) => /** @type {any} */ (docs[name]).value;
