// Barcodes by the camera, where the phone's browser reads them itself.
import { html, useEffect, useRef, useState } from "vendor/preact";
import { Icon } from "./ui.js";
import { t } from "./words.js";

const LOOK_MS = 150;
const Detector = /** @type {any} */ (globalThis).BarcodeDetector;

/** @param {{found: (code: string) => void}} props */
export function Scan({ found }) {
  const [on, setOn] = useState(false);
  if (!Detector || !navigator.mediaDevices) return null;
  return on
    ? html`<${Viewfinder} found=${(/** @type {string} */ code) => { setOn(false); found(code); }} close=${() => setOn(false)} />`
    : html`<button type="button" aria-label=${t("scan")} onClick=${() => setOn(true)}><${Icon} name="scan" /></button>`;
}

/** @param {{found: (code: string) => void, close: () => void}} props */
function Viewfinder({ found, close }) {
  const at = useRef(/** @type {HTMLVideoElement | null} */ (null));
  const [wrong, setWrong] = useState("");
  useEffect(() => {
    let stream = /** @type {MediaStream | null} */ (null);
    let look = /** @type {ReturnType<typeof setInterval> | undefined} */ (undefined);
    let gone = false;
    (async () => {
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
        if (gone || !at.current) throw new Error("closed");
        at.current.srcObject = stream;
        await at.current.play();
        const detector = new Detector();
        look = setInterval(async () => {
          const [code] = at.current ? await detector.detect(at.current).catch(() => []) : [];
          if (code && !gone) found(code.rawValue);
        }, LOOK_MS);
      } catch {
        for (const track of stream?.getTracks() ?? []) track.stop();
        if (!gone) setWrong(t("scan.failed"));
      }
    })();
    return () => {
      gone = true;
      clearInterval(look);
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
  }, []);
  return html`<div class="finder"><video ref=${at} muted playsinline></video>${wrong ? html`<p class="message tone-red" role="alert">${wrong}</p>` : null}<button type="button" onClick=${close}>${t("close")}</button></div>`;
}
