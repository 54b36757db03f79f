// The first screen: a code, from a QR code or typed in, makes this phone an engineer's.
import { html, useState } from "vendor/preact";
import { forget } from "./db.js";
import { renew } from "./push.js";
import { ask } from "./server.js";
import { database, link, load, me } from "./state.js";
import { sync } from "./sync.js";
import { Button, Field } from "./ui.js";
import { t } from "./words.js";

/** The server's word on whose phone this is now. @param {string} code @returns {Promise<any>} */
async function ask_for(code) {
  const device_uuid = (await database.get("meta", "device_uuid")) ?? crypto.randomUUID();
  await database.put("meta", device_uuid, "device_uuid");
  const body = { code: code.trim().toUpperCase(), device_uuid, name: navigator.userAgent.slice(0, 200) };
  return ask("/devices", { method: "POST", body });
}

/** How much of the engineer before has not been sent. */
async function left() {
  const counts = await Promise.all(["ops", "files"].map((name) => database.countFromIndex(name, "waits")));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** @param {any} told */
async function begin(told) {
  const before = me.value;
  // What was read and said as somebody else is none of this engineer's.
  if (before && before.engineer_id !== told.engineer_id) await forget(database, before.token, true);
  await database.put("meta", told, "me");
  await navigator.storage?.persist?.();
  await load();
  location.hash = "/";
  void sync();
  void renew().catch(() => {});
}

/** @param {{code: string}} props from the picture that was scanned */
export function Enrol({ code: scanned }) {
  const [code, setCode] = useState(scanned);
  const [other, setOther] = useState(/** @type {{told: any, count: number} | null} */ (null));
  const enrol = async () => {
    const told = await ask_for(code);
    const count = me.value && me.value.engineer_id !== told.engineer_id ? await left() : 0;
    if (count) setOther({ told, count });
    else await begin(told);
  };
  return html`<main class="enrol">
    <h1>${t("enrol.title")}</h1>
    ${link.value.state === "wiped" ? html`<p class="message tone-yellow">${t("wiped")}</p>` : null}
    ${isSecureContext ? null : html`<p class="message tone-red">${t("enrol.insecure")}</p>`}
    <p>${t("enrol.lead")}</p>
    <${Field} label=${t("enrol.code")}>
      <input autocomplete="off" autocapitalize="characters" spellcheck="false" value=${code} onInput=${(/** @type {any} */ event) => setCode(event.target.value)} />
    <//>
    ${other ? html`<p class="message tone-red" role="alert">${t("enrol.other", { name: me.value?.engineer, count: other.count })}</p>
      <${Button} class="danger big" does=${() => begin(other.told)}>${t("enrol.discard")}<//>`
      : html`<${Button} class="primary big" disabled=${!code.trim()} does=${enrol}>${t("enrol.go")}<//>`}
    ${me.value ? html`<p><a class="button" href="#/sync">${t("back")}</a></p>` : null}
  </main>`;
}
