// Keeps the app's own files, so that it starts without a line; data are the page's business, in its database.
// VERSION, FILES and LATER (kept once they were wanted) are set in a line before this text as the server sends it.
const worker = /** @type {any} */ (self);
/** @type {{VERSION: string, FILES: string[], LATER: string[]}} */
const { VERSION, FILES, LATER } = worker;
const SHELL = "/m/";

worker.addEventListener("install", (/** @type {any} */ event) => {
  event.waitUntil(caches.open(VERSION).then((cache) => cache.addAll([new Request(SHELL, { cache: "reload" }), ...FILES])));
});

worker.addEventListener("activate", (/** @type {any} */ event) => {
  const clean = async () => {
    for (const name of await caches.keys()) if (name.startsWith("paidan-") && name !== VERSION) await caches.delete(name);
    await worker.clients.claim();
  };
  event.waitUntil(clean());
});

worker.addEventListener("message", (/** @type {any} */ event) => {
  if (event.data === "take over") worker.skipWaiting();
});

// What came is not told here, only that something did; a screen that is looked at sees for itself.
worker.addEventListener("push", (/** @type {any} */ event) => {
  const tell = async () => {
    const open = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
    for (const one of open) one.postMessage("sync");
    if (open.some((/** @type {any} */ one) => one.visibilityState === "visible")) return;
    const isChinese = worker.navigator.language.startsWith("zh");
    const body = isChinese ? "您的安排有变化。" : "Your plan has changed.";
    await worker.registration.showNotification("Paidan 派单", { body, tag: "plan", icon: FILES.find((name) => name.endsWith("/icon-192.png")) });
  };
  event.waitUntil(tell());
});

worker.addEventListener("notificationclick", (/** @type {any} */ event) => {
  event.notification.close();
  const show = async () => {
    const [first] = await worker.clients.matchAll({ type: "window" });
    return first ? first.focus() : worker.clients.openWindow(SHELL);
  };
  event.waitUntil(show());
});

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  const isShell = request.mode === "navigate" && url.pathname === SHELL;
  const isLater = LATER.includes(url.pathname);
  if (!isShell && !isLater && !FILES.includes(url.pathname)) return;
  const answer = async () => {
    const cache = await caches.open(VERSION);
    const kept = await cache.match(isShell ? SHELL : url.pathname);
    if (kept) return kept;
    const found = await fetch(request);
    if (isLater && found.ok) await cache.put(url.pathname, found.clone());
    return found;
  };
  event.respondWith(answer());
});
