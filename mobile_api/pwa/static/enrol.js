// The first screen: a code, from a QR code or typed in, makes this phone an engineer's.
import { html, useEffect, useState } from "vendor/preact";
import { ask } from "./server.js";
import { database, link, load, me } from "./state.js";
import { sync } from "./sync.js";
import { Button, Field } from "./ui.js";
import { t } from "./words.js";

/** @param {string} code */
async function enrol(code) {
  const device_uuid = (await database.get("meta", "device_uuid")) ?? crypto.randomUUID();
  await database.put("meta", device_uuid, "device_uuid");
  const body = { code: code.trim().toUpperCase(), device_uuid, name: navigator.userAgent.slice(0, 200) };
  const told = await ask("/devices", { method: "POST", body });
  const holds = await database.countFromIndex("ops", "waits");
  if (me.value && holds && me.value.engineer_id !== told.engineer_id) {
    throw new Error(t("enrol.other", { name: me.value.engineer, count: holds }));
  }
  await database.put("meta", told, "me");
  await navigator.storage?.persist?.();
  await load(["meta"]);
  location.hash = "/";
  void sync();
}

export function Enrol() {
  const [code, setCode] = useState("");
  useEffect(() => {
    const found = /^#code=([0-9A-Za-z]+)/.exec(location.hash);
    if (found?.[1]) setCode(found[1]);
  }, []);
  return html`<main class="enrol">
    <h1>${t("enrol.title")}</h1>
    ${link.value.state === "wiped" ? html`<p class="message tone-yellow">${t("wiped")}</p>` : null}
    ${isSecureContext ? null : html`<p class="message tone-red">${t("enrol.insecure")}</p>`}
    <p>${t("enrol.lead")}</p>
    <${Field} label=${t("enrol.code")}>
      <input autocomplete="off" autocapitalize="characters" spellcheck="false" value=${code} onInput=${(/** @type {any} */ event) => setCode(event.target.value)} />
    <//>
    <${Button} class="primary big" disabled=${!code.trim()} does=${() => enrol(code)}>${t("enrol.go")}<//>
  </main>`;
}
