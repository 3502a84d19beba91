// @ts-check
// JSON over fetch: the CSRF token goes along, and an error answer becomes an exception that carries it.

/** The server answered, and the answer is no. */
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
 * @param {string} url
 * @param {object} body
 * @returns {Promise<any>}
 */
export function postJson(url, body) {
  return send(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
    body: JSON.stringify(body),
  });
}

/**
 * Sends a form as the browser would, but asks for JSON instead of a page.
 * @param {HTMLFormElement} form
 * @returns {Promise<any>}
 */
export function postForm(form) {
  return send(form.action, { method: "POST", body: new FormData(form) });
}

/**
 * @param {string} url
 * @returns {Promise<any>}
 */
export function getJson(url) {
  return send(url, {});
}

/**
 * @param {string} url
 * @param {RequestInit} init
 */
async function send(url, init) {
  const headers = { Accept: "application/json", ...init.headers };
  const response = await fetch(url, { ...init, headers, credentials: "same-origin" });
  // A proxy's error page is not JSON: the status has to do then.
  const body = await response.json().catch(() => null);
  // Signed out meanwhile, perhaps in another tab: signing in leads back to this page.
  if (response.status === 401 && body?.location) window.location.assign(body.location);
  if (!response.ok || body === null) {
    throw new HttpError(response.status, body?.message ? body : { code: "no_json", message: "" });
  }
  return body;
}

function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
}
