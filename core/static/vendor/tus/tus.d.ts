/* tus-js-client 4.3.1 (MIT). See LICENSE beside this file. Made by npm run vendor. */
export { Upload } from "tus-js-client";
