// Photos of a visit: taken by the phone's own camera, kept at once, sent when there is a line.
import { html, useState } from "vendor/preact";
import { say } from "./ops.js";
import { small } from "./pictures.js";
import { files } from "./state.js";
import { isOver } from "./steps.js";
import { Icon, Picture } from "./ui.js";
import { t } from "./words.js";

/** @param {{visit: any}} props */
export function Photos({ visit }) {
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const taken = files.value.filter((file) => file.visit_id === visit.id && file.kind === "photo");
  const take = async (/** @type {any} */ event) => {
    const chosen = /** @type {File[]} */ ([...event.target.files]);
    event.target.value = "";
    setWrong("");
    setBusy(true);
    try {
      for (const photo of chosen) await say("photo", visit, { caption: "" }, { blob: photo, name: photo.name, thumb: await small(photo) });
    } catch (error) {
      setWrong(t("photo.failed", { why: error instanceof Error ? error.message : String(error) }));
    } finally {
      setBusy(false);
    }
  };
  return html`<section class="panel"><h3>${t("photos")}${taken.length ? ` (${taken.length})` : ""}</h3>
    ${taken.length ? html`<ul class="thumbs">${taken.map((file) => html`<li key=${file.id}><${Picture} blob=${file.thumb} alt=${file.name} /><small>${t(file.refused ? "file.refused" : file.waits ? "file.waits" : "file.sent")}</small></li>`)}</ul>` : null}
    ${isOver(visit.here) && visit.here !== "completed" ? null : html`<label class="button" aria-busy=${busy}><${Icon} name="camera" />${t("photo.take")}<input class="visually-hidden" type="file" accept="image/*" capture="environment" multiple onChange=${take} /></label>`}
    ${wrong ? html`<p class="message tone-red" role="alert">${wrong}</p>` : null}
  </section>`;
}
