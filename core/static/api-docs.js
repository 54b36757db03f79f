// The API page: shows the OpenAPI document and lets a signed-in person try it.
import SwaggerUI from "./vendor/swagger-ui/swagger-ui.js";

const place = /** @type {HTMLElement} */ (document.getElementById("api"));
const token = document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";

SwaggerUI({
  domNode: place,
  url: place.dataset.url,
  docExpansion: "none",
  validatorUrl: null,
  /** @param {{headers: Record<string, string>}} request */
  requestInterceptor: (request) => {
    request.headers["X-CSRFToken"] = token;
    return request;
  },
});
