/* idb 8.0.4 (ISC). See LICENSE beside this file. Made by npm run vendor. */
export * from "idb";
