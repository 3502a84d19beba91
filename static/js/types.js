// @ts-check
// Types of the data that pages and server exchange. This file holds no code.

/**
 * What a page orders: a plan, or another card for a subscription. The server decides price, currency and ids.
 * @typedef {object} OrderPayload
 * @property {string} [plan] slug of the plan, for a new subscription
 * @property {number} [subscription] id of the subscription, for another card of it
 * @property {number} [beside] id of the subscription to the same plan that stays; confirms a second purchase
 * @property {string} guide id of the PG guide
 * @property {string} [variant] which request of that guide; by default, its first one
 * @property {string} [run] id of the guide run; both halves of a side-by-side run send the same one
 * @property {string} buyer_name
 * @property {string} buyer_email
 * @property {string} buyer_tel
 */

/**
 * Answer of `POST /orders`.
 * @typedef {object} CreatedOrder
 * @property {string} merchant_uid
 * @property {string} merchant_code for `IMP.init`; public
 * @property {Record<string, unknown>} request parameters of `IMP.request_pay`, ready to pass on
 * @property {string} complete_url where to post the callback's result
 * @property {string} result_url page of this order, whatever its outcome
 */

/**
 * What the payment window passes to its callback. Everything in it is a claim until the server has checked it.
 * @typedef {object} WindowResult
 * @property {string | null} [imp_uid]
 * @property {string} [merchant_uid]
 * @property {string} [error_code] often missing when the buyer closes the window
 * @property {string} [error_msg] the PG's own sentence: show it, never branch on it
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
 * @property {string} [location] page on which the user can try again, or see what a question is about
 * @property {object} [confirm] only if the server asks a question: the fields to add to the request to answer yes
 */

export {};
