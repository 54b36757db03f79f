/* signature_pad 5.1.4 (MIT). See LICENSE beside this file. Made by npm run vendor. */
export { default } from "signature_pad";
