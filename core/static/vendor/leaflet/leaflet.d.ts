/* leaflet 1.9.4 (BSD-2-Clause). See LICENSE beside this file. Made by npm run vendor. */
export * from "leaflet";
