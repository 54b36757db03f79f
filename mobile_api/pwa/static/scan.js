// Barcodes by the camera: read by the browser itself where it can, else by a reader that is fetched when first wanted.
import { html, useEffect, useRef, useState } from "vendor/preact";
import { Icon } from "./ui.js";
import { config, t } from "./words.js";

const LOOK_MS = 150;

/** @param {{found: (code: string) => void}} props */
export function Scan({ found }) {
  const [on, setOn] = useState(false);
  if (!navigator.mediaDevices) return null;
  return on
    ? html`<${Viewfinder} found=${(/** @type {string} */ code) => { setOn(false); found(code); }} close=${() => setOn(false)} />`
    : html`<button type="button" aria-label=${t("scan")} onClick=${() => setOn(true)}><${Icon} name="scan" /></button>`;
}

/** What finds a code in a picture of the camera, empty where there is none. @returns {Promise<(video: HTMLVideoElement) => Promise<string>>} */
async function reader() {
  const Detector = /** @type {any} */ (globalThis).BarcodeDetector;
  if (Detector && (await Detector.getSupportedFormats()).length) {
    const detector = new Detector();
    return async (video) => (await detector.detect(video).catch(() => []))[0]?.rawValue ?? "";
  }
  const { prepareZXingModule, readBarcodes } = await import("vendor/zxing");
  await prepareZXingModule({ overrides: { locateFile: () => config.wasm }, fireImmediately: true });
  const canvas = document.createElement("canvas");
  const drawing = canvas.getContext("2d", { willReadFrequently: true });
  return async (video) => {
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    if (!drawing || !canvas.width) return "";
    drawing.drawImage(video, 0, 0);
    const codes = await readBarcodes(drawing.getImageData(0, 0, canvas.width, canvas.height), { maxNumberOfSymbols: 1 });
    return codes[0]?.text ?? "";
  };
}

/** @param {{found: (code: string) => void, close: () => void}} props */
function Viewfinder({ found, close }) {
  const at = useRef(/** @type {HTMLVideoElement | null} */ (null));
  const [wrong, setWrong] = useState("");
  useEffect(() => {
    let stream = /** @type {MediaStream | null} */ (null);
    let gone = false;
    const end = () => {
      gone = true;
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
    const look = async () => {
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
        const video = /** @type {HTMLVideoElement} */ (at.current);
        video.srcObject = stream;
        await video.play();
        const read = await reader();
        while (!gone) {
          const code = await read(video);
          if (code && !gone) found(code);
          await new Promise((resolve) => { setTimeout(resolve, LOOK_MS); });
        }
      } catch (error) {
        if (!gone) setWrong(t(error instanceof TypeError ? "scan.later" : "scan.failed"));
      }
      end();
    };
    void look();
    return end;
  }, []);
  return html`<div class="finder"><video ref=${at} muted playsinline></video>${wrong ? html`<p class="message tone-red" role="alert">${wrong}</p>` : null}<button type="button" onClick=${close}>${t("close")}</button></div>`;
}
