// @ts-check
// JSON over fetch. A POST carries the CSRF token. An error answer becomes an exception that holds the answer's problem.

/** The server refused the request, or its answer was not JSON. */
export class HttpError extends Error {
  /**
   * @param {number} status
   * @param {import("./types.js").Problem} problem
   */
  constructor(status, problem) {
    super(problem.message);
    this.status = status;
    this.problem = problem;
  }
}

/**
 * @typedef {object} Options
 * @property {boolean} [keepalive] the request survives the page, which may be left now
 * @property {boolean} [signsIn] false: the caller handles that the user has signed out; else the page leads to sign-in
 */

/**
 * Post a JSON body and return the JSON answer.
 *
 * @param {string} url
 * @param {object} body
 * @param {Options} [options]
 * @returns {Promise<any>}
 * @throws {HttpError}
 */
export function postJson(url, body, { keepalive, signsIn } = {}) {
  return send(url, signsIn, {
    keepalive,
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
    body: JSON.stringify(body),
  });
}

/**
 * Send a form as the browser would, but request JSON instead of a page.
 *
 * @param {HTMLFormElement} form
 * @returns {Promise<any>}
 * @throws {HttpError}
 */
export function postForm(form) {
  return send(form.action, true, { method: "POST", body: new FormData(form) });
}

/**
 * Return the JSON at a URL.
 *
 * @param {string} url
 * @returns {Promise<any>}
 * @throws {HttpError}
 */
export function getJson(url) {
  return send(url, true, {});
}

/**
 * @param {string} url
 * @param {boolean} [signsIn]
 * @param {RequestInit} [init]
 */
async function send(url, signsIn = true, init = {}) {
  const headers = { Accept: "application/json", ...init.headers };
  const response = await fetch(url, { ...init, headers, credentials: "same-origin" });
  // A proxy's error page is not JSON; then only the status is known.
  const body = await response.json().catch(() => null);
  // The user signed out in the meantime, perhaps in another tab: signing in leads back to this page.
  if (signsIn && response.status === 401 && body?.location) window.location.assign(body.location);
  if (!response.ok || body === null) {
    throw new HttpError(response.status, body?.message ? body : { code: "no_json", message: "" });
  }
  return body;
}

function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
}
