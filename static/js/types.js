// @ts-check
// Shapes that travel between the pages and the server. Nothing here runs.

/**
 * What a page asks to buy: a plan, or another card for a subscription. Price, currency and ids are the server's business.
 * @typedef {object} OrderPayload
 * @property {string} [plan] slug of the plan, when a subscription is to begin
 * @property {number} [subscription] id of the subscription, when its card is to change
 * @property {string} guide id of the PG guide
 * @property {string} [variant] which request of that guide; the guide's first one when left out
 * @property {string} buyer_name
 * @property {string} buyer_email
 * @property {string} buyer_tel
 */

/**
 * Answer of `POST /orders`.
 * @typedef {object} CreatedOrder
 * @property {string} merchant_uid
 * @property {string} merchant_code for `IMP.init`; public
 * @property {Record<string, unknown>} request parameters of `IMP.request_pay`, ready to hand over
 * @property {string} complete_url where the callback's result goes
 * @property {string} result_url page of this order, whatever became of it
 */

/**
 * What the payment window hands to its callback. Everything in it is a claim until the server has asked the service.
 * @typedef {object} WindowResult
 * @property {string | null} [imp_uid]
 * @property {string} [merchant_uid]
 * @property {string} [error_code] often missing when the buyer closes the window
 * @property {string} [error_msg] prose of the PG: show it, never branch on it
 */

/**
 * @typedef {"preparing" | "window" | "verifying"} BuyState
 */

/**
 * Body of an error answer.
 * @typedef {object} Problem
 * @property {string} code stable, for programs
 * @property {string} message in the page's language, for people
 * @property {Record<string, string[]>} [fields] messages by form field
 * @property {string} [location] page from which it can be tried again
 */

export {};
