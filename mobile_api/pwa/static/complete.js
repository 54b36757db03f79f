// The end of a visit: what was done, what is missing, and the customer's signature.
import { html, useEffect, useRef, useState } from "vendor/preact";
import SignaturePad from "vendor/signature_pad";
import { say } from "./ops.js";
import { small } from "./pictures.js";
import { visits } from "./today.js";
import { Photos } from "./photos.js";
import { Button, Field, go, useDraft } from "./ui.js";
import { checklist } from "./visit.js";
import { config, t } from "./words.js";

/** @param {{id: string}} props */
export function Complete({ id }) {
  const visit = visits().find((one) => one.id === id);
  const [solution, setSolution] = useDraft(`solution:${id}`);
  const [refused, setRefused] = useDraft(`unsigned:${id}`);
  if (!visit) return html`<p class="empty">${t("visit.gone")}</p>`;
  if (visit.here === "completed") return html`<p class="empty">${t("visit.completed")}</p><p><a class="button primary big" href="#/">${t("today")}</a></p>`;
  const checks = checklist(visit);
  const signed = checks.find((one) => one.key === "signature")?.done ?? false;
  const missing = [...(solution.trim() || !config.mandatory.includes("solution") ? [] : [t("check.solution")]), ...checks.filter((one) => !one.done && !(one.key === "signature" && refused.trim())).map((one) => t(`check.${one.key}`))];
  const finish = async () => {
    await say("complete", visit, { solution, signature_refused_reason: signed ? "" : refused });
    setSolution("");
    setRefused("");
    go("/");
  };
  return html`<article class="visit">
    <h2>${visit.title}</h2>
    <${Field} label=${t("solution")}><textarea rows="4" maxlength="4000" value=${solution} onInput=${(/** @type {any} */ event) => setSolution(event.target.value)}></textarea><//>
    <${Photos} visit=${visit} />
    ${signed ? html`<p class="message tone-green">${t("signed")}</p>` : html`<${Sign} visit=${visit} />
      <${Field} label=${t("signature.refused")}><input maxlength="4000" value=${refused} onInput=${(/** @type {any} */ event) => setRefused(event.target.value)} /><//>`}
    ${missing.length ? html`<p class="message tone-yellow">${t("missing")} ${missing.join(", ")}</p>` : null}
    <div class="next"><${Button} class="primary big" does=${finish}>${t("step.complete")}<//></div>
  </article>`;
}

/** @param {{visit: any}} props */
function Sign({ visit }) {
  const at = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const pad = useRef(/** @type {SignaturePad | null} */ (null));
  const [signer, setSigner] = useState(visit.contact.name ?? "");
  const [empty, setEmpty] = useState(true);
  useEffect(() => {
    const canvas = /** @type {HTMLCanvasElement} */ (at.current);
    const scale = Math.max(1, devicePixelRatio);
    canvas.width = canvas.offsetWidth * scale;
    canvas.height = canvas.offsetHeight * scale;
    canvas.getContext("2d")?.scale(scale, scale);
    const made = new SignaturePad(canvas, { penColor: "#10233f", backgroundColor: "#ffffff" });
    made.addEventListener("endStroke", () => setEmpty(made.isEmpty()));
    pad.current = made;
    return () => made.off();
  }, []);
  const clear = () => {
    pad.current?.clear();
    setEmpty(true);
  };
  const keep = async () => {
    const blob = await new Promise((/** @type {(drawn: Blob | null) => void} */ resolve) => { at.current?.toBlob(resolve, "image/png"); });
    if (!blob) throw new Error(t("signature.pad"));
    await say("signature", visit, { signer: signer.trim() }, { blob, name: "signature.png", thumb: await small(blob) });
  };
  return html`<section class="panel"><h3>${t("signature")}</h3>
    <canvas class="sign" ref=${at} role="img" aria-label=${t("signature.pad")}></canvas>
    <${Field} label=${t("signer")}><input maxlength="200" value=${signer} onInput=${(/** @type {any} */ event) => setSigner(event.target.value)} /><//>
    <div class="row"><${Button} class="primary" disabled=${empty || !signer.trim()} does=${keep}>${t("signature.keep")}<//><button type="button" onClick=${clear}>${t("signature.clear")}</button></div>
  </section>`;
}
