/* htmx.org 4.0.1 (BSD-0-Clause). See LICENSE beside this file. Made by npm run vendor. */
export { default } from "htmx.org";
