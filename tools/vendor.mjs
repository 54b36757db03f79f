// Bundles each browser library we ship into one ES module under core/static/vendor/<name>/, with its
// types for tsc and its licences beside it. Run by `npm run vendor`; what it writes is committed, so
// that running Paidan needs Python alone.
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const VENDOR = join(ROOT, "core/static/vendor");

/** @type {{name: string, packages: string[], entry: string, files?: string[], types?: string, contains?: string}[]} */
const BUNDLES = [
  {
    name: "preact",
    packages: ["preact", "htm", "@preact/signals", "@preact/signals-core"],
    entry: `export { Component, Fragment, createContext, createRef, h, render } from "preact";
export {
  useCallback, useContext, useEffect, useId, useLayoutEffect, useMemo, useReducer, useRef, useState,
} from "preact/hooks";
export {
  Signal, batch, computed, effect, signal, untracked, useComputed, useSignal, useSignalEffect,
} from "@preact/signals";
export { html } from "htm/preact";
`,
  },
  { name: "idb", packages: ["idb"], entry: 'export * from "idb";\n' },
  { name: "tus", packages: ["tus-js-client"], entry: 'export { Upload } from "tus-js-client";\n' },
  { name: "signature_pad", packages: ["signature_pad"], entry: 'export { default } from "signature_pad";\n' },
  {
    name: "zxing",
    packages: ["zxing-wasm"],
    entry: 'export { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";\n',
    files: ["dist/reader/zxing_reader.wasm"],
    contains: "zxing_reader.wasm is compiled from ZXing-C++ (https://github.com/zxing-cpp/zxing-cpp), Apache-2.0.",
  },
  { name: "htmx", packages: ["htmx.org"], entry: 'export { default } from "htmx.org";\n' },
  {
    name: "leaflet",
    packages: ["leaflet"],
    entry: 'export * from "leaflet";\n',
    files: ["dist/leaflet.css", "dist/images"],
  },
  {
    name: "swagger-ui",
    packages: ["swagger-ui-dist"],
    entry: 'import bundle from "swagger-ui-dist/swagger-ui-es-bundle.js";\nexport default bundle;\n',
    files: ["swagger-ui.css"],
    types: "declare const SwaggerUI: (options: Record<string, unknown>) => unknown;\nexport default SwaggerUI;\n",
  },
];

/** @param {string} name @returns {string} the folder of an installed package */
const folderOf = (name) => join(ROOT, "node_modules", name);

for (const { name, packages, entry, files = [], types = entry, contains } of BUNDLES) {
  const target = join(VENDOR, name);
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });

  const versions = [];
  const licences = [];
  for (const each of packages) {
    const { version, license } = JSON.parse(await readFile(join(folderOf(each), "package.json"), "utf8"));
    versions.push(`${each} ${version} (${license})`);
    licences.push(`${each} ${version}\n\n${await readFile(join(folderOf(each), "LICENSE"), "utf8")}`);
  }
  if (contains) licences.push(`${contains}\n`);
  const banner = `/* ${versions.join(", ")}. See LICENSE beside this file. Made by npm run vendor. */`;

  await build({
    stdin: { contents: entry, resolveDir: ROOT, sourcefile: `${name}.js` },
    outfile: join(target, `${name}.js`),
    // Leaflet's and htmx's default entries are classic scripts; these name their ES modules.
    alias: { leaflet: "leaflet/dist/leaflet-src.esm.js", "htmx.org": "htmx.org/dist/htmx.esm.js" },
    banner: { js: banner },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    legalComments: "none",
    logLevel: "warning",
  });
  await writeFile(join(target, `${name}.d.ts`), `${banner}\n${types}`);
  await writeFile(join(target, "LICENSE"), licences.join(`\n${"-".repeat(79)}\n\n`));
  for (const file of files) {
    await cp(join(folderOf(packages[0]), file), join(target, file.split("/").at(-1) ?? file), { recursive: true });
  }
  console.log(`vendored ${name}: ${versions.join(", ")}`);
}
