/* zxing-wasm 3.1.4 (MIT). See LICENSE beside this file. Made by npm run vendor. */
export { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";
