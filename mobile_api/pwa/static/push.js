// Being told of changes while the app is closed, by the browser's own push service.
import { ask } from "./server.js";
import { t } from "./words.js";

/** @returns {Promise<boolean | null>} null: this browser cannot */
export async function isTold() {
  if (!("PushManager" in globalThis) || !("Notification" in globalThis) || !("serviceWorker" in navigator)) return null;
  const registration = await navigator.serviceWorker.getRegistration("/m/");
  if (!registration) return null;
  return (await registration.pushManager.getSubscription()) !== null && Notification.permission === "granted";
}

/** Ask for the permission, and have the server tell this phone. */
export async function beTold() {
  if ((await Notification.requestPermission()) !== "granted") throw new Error(t("push.denied"));
  const registration = await navigator.serviceWorker.ready;
  const { key } = await ask("/push");
  const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
  const { endpoint, keys } = subscription.toJSON();
  await ask("/push", { method: "PUT", body: { endpoint, keys } });
}

/** Have the server know of what the browser was told before: this phone may have been enrolled anew. */
export async function renew() {
  if (!(await isTold())) return;
  const registration = await navigator.serviceWorker.ready;
  const { endpoint, keys } = (await registration.pushManager.getSubscription())?.toJSON() ?? {};
  if (endpoint) await ask("/push", { method: "PUT", body: { endpoint, keys } });
}

/** Have the server, and the browser's service, forget it. */
export async function tellNoMore() {
  const registration = await navigator.serviceWorker.ready;
  await ask("/push", { method: "DELETE" });
  await (await registration.pushManager.getSubscription())?.unsubscribe();
}

/** @param {string} text Base64url */
function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
}
