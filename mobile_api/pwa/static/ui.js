// Pieces every screen is made of.
import { html, useEffect, useState } from "vendor/preact";
import { config, t } from "./words.js";

/** Lines of icons, drawn on 24 × 24. @type {Record<string, string>} */
const ICONS = {
  today: "M4 6h16v14H4zM4 10h16M8 3v4M16 3v4",
  book: "M5 4h11a3 3 0 0 1 3 3v13H8a3 3 0 0 1-3-3zM5 17a3 3 0 0 1 3-3h11",
  van: "M2 16V7h11v9M13 10h4l4 4v2h-2M7 17a2 2 0 1 0 .1 0M17 17a2 2 0 1 0 .1 0M9 16h5",
  sync: "M4 12a8 8 0 0 1 14-5l2 2M20 4v5h-5M20 12a8 8 0 0 1-14 5l-2-2M4 20v-5h5",
  back: "M15 5l-7 7 7 7",
  phone: "M6 3h4l2 5-3 2a11 11 0 0 0 5 5l2-3 5 2v4a2 2 0 0 1-2 2A17 17 0 0 1 4 5a2 2 0 0 1 2-2",
  way: "M12 21c-5-6-7-9-7-12a7 7 0 0 1 14 0c0 3-2 6-7 12zM12 11a2 2 0 1 0-.1 0",
  camera: "M4 8h4l2-3h4l2 3h4v11H4zM12 16.500a3.500 3.500 0 1 0-.1 0",
  pen: "M4 20l1-5L16 4l4 4L9 19z",
  check: "M5 12l5 5L20 7",
  part: "M12 3l8 4.500v9L12 21l-8-4.500v-9zM12 12l8-4.500M12 12v9M12 12L4 7.500",
  scan: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M7 12h10",
};

/** @param {{name: string}} props */
export const Icon = ({ name }) =>
  html`<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${ICONS[name]} /></svg>`;

/** @param {{status: string}} props */
export const Status = ({ status }) => html`<span class=${`badge tone-${config.colours[status] ?? "grey"}`}>${t(`status.${status}`)}</span>`;

/** A button that is busy until what it does is done, and says what went wrong. @param {{does: () => unknown, class?: string, disabled?: boolean, children?: any}} props */
export function Button({ does, class: kind = "", disabled = false, children }) {
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState("");
  const press = async () => {
    setBusy(true);
    setWrong("");
    try {
      await does();
    } catch (error) {
      setWrong(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return html`<button type="button" class=${kind} disabled=${disabled || busy} aria-busy=${busy} onClick=${press}>${children}</button>
    ${wrong ? html`<p class="message tone-red" role="alert">${wrong}</p>` : null}`;
}

/** A picture kept on the phone. @param {{blob: Blob | null, alt: string}} props */
export function Picture({ blob, alt }) {
  const [address, setAddress] = useState("");
  useEffect(() => {
    if (!blob) return undefined;
    const made = URL.createObjectURL(blob);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return address ? html`<img class="thumb" src=${address} alt=${alt} />` : html`<span class="thumb">${alt}</span>`;
}

/** @param {{label: string, children?: any, hint?: string}} props */
export const Field = ({ label, children, hint }) => html`<label class="field"><span>${label}</span>${children}${hint ? html`<small class="muted">${hint}</small>` : null}</label>`;

/**
 * Text that is being written: it outlives the screen, and the app.
 * @param {string} key @param {string} [initial]
 * @returns {[string, (text: string) => void]}
 */
export function useDraft(key, initial = "") {
  const name = `paidan-draft:${key}`;
  const [text, setText] = useState(() => localStorage.getItem(name) ?? initial);
  const write = (/** @type {string} */ next) => {
    setText(next);
    if (next) localStorage.setItem(name, next);
    else localStorage.removeItem(name);
  };
  return [text, write];
}

/** Go to a screen. @param {string} path */
export function go(path) {
  location.hash = path;
}
