// What every page gains from JavaScript. All pages work without it.
import htmx from "vendor/htmx";

/** @typedef {{request: {method: string, headers: Record<string, string>}, response: {status: number, raw: Response}}} RequestContext */

/** @param {Event} event @returns {RequestContext} what htmx tells about a request */
const contextOf = (event) => /** @type {CustomEvent<{ctx: RequestContext}>} */ (event).detail.ctx;

/** @param {Event} event @param {string} selector @returns {HTMLElement | null} */
const closestOf = (event, selector) =>
  event.target instanceof Element ? event.target.closest(selector) : null;

const csrfToken = document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";

htmx.on("htmx:config:request", (event) => {
  contextOf(event).request.headers["X-CSRFToken"] = csrfToken;
});

// A lost session or a failed server has no results to show: the page that says what is wrong takes over.
htmx.on("htmx:after:request", (event) => {
  const { request, response } = contextOf(event);
  if (response.raw.redirected || (response.status >= 400 && response.status !== 422)) {
    event.preventDefault();
    location.assign(request.method === "GET" ? response.raw.url : location.href);
  }
});

htmx.on("htmx:after:swap", () => {
  const announcer = document.getElementById("announcer");
  const news = document.querySelector("[data-announce]");
  if (announcer && news) announcer.textContent = news.textContent;
});

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.getAttribute("method") !== "post" || form.hasAttribute("hx-post")) return;
  const question = event.submitter?.dataset.confirm;
  // A second click while the first is on its way would do the thing twice.
  if (form.ariaBusy === "true" || (question && !confirm(question))) {
    event.preventDefault();
    return;
  }
  form.ariaBusy = "true";
});

window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll('form[aria-busy="true"]')) form.removeAttribute("aria-busy");
});

/** @param {Element | null} except */
function closeDropdowns(except) {
  for (const open of document.querySelectorAll("details[data-dropdown][open]")) {
    if (open !== except) open.removeAttribute("open");
  }
}

document.addEventListener("click", (event) => closeDropdowns(closestOf(event, "details[data-dropdown]")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const dropdown = closestOf(event, "details[data-dropdown]");
  closeDropdowns(null);
  dropdown?.querySelector("summary")?.focus();
});

document.querySelector(".menu [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
