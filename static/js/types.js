// @ts-check
// Types of the data that pages and server exchange. This file holds no code.

/**
 * What a page orders: a plan, or another card for a subscription. The server decides price, currency and ids.
 * @typedef {object} OrderPayload
 * @property {string} [plan] slug of the plan, for a new subscription
 * @property {number} [subscription] id of the subscription, for another card of it
 * @property {string} [paid_until] until when that subscription was paid on the page; none if nothing was paid
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
 * `loading`: the SDK's script has not arrived yet.
 * @typedef {"loading" | "preparing" | "window" | "verifying"} BuyState
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

/**
 * One field of `IMP.request_pay`, as the request panel of a guide describes it. What does not apply is absent.
 * @typedef {object} FieldFacts
 * @property {string} name
 * @property {"string" | "number" | "boolean" | "object"} kind
 * @property {boolean} [sent] whether the guide's variant sends it
 * @property {unknown} [value] what it sends, else an example
 * @property {number} [limit] the most characters
 * @property {string} [pattern] that a value must match at this PG
 * @property {"always" | "mobile" | "optional"} required
 * @property {unknown} [fixed] the only value that the guide sends
 * @property {boolean} [id] whether the server makes the value for each order
 */

/**
 * One deliberate mistake.
 * @typedef {object} MistakeFacts
 * @property {string} id
 * @property {"set" | "text" | "unset" | "used" | "no_init"} effect
 * @property {string} field the changed one; empty if the request stays the same
 * @property {unknown} value
 */

/**
 * What the reader of a guide has set up. Fields are dotted names, such as `bypass.widget_code`.
 * @typedef {object} SetupDetail
 * @property {Record<string, unknown>} request as the browser would send it
 * @property {string[]} changed names of the fields that differ from the guide's
 * @property {string[]} mistakes ids of the deliberate mistakes
 */

/**
 * A run of a guide, started in the request panel. The server makes the order; `edits` change only what the browser
 * passes to the payment window.
 * @typedef {object} RunDetail
 * @property {string} runId
 * @property {("pc" | "mobile")[]} devices
 * @property {{set: Record<string, unknown>, unset: string[]}} edits
 * @property {string[]} mistakes ids of the deliberate mistakes
 */

/**
 * Events on #workbench, by which the panels of a guide's page talk to each other.
 *
 * `setup-change` also fires once at the start, and `data-setup` keeps the last one as JSON. `field-point` says on which
 * field the pointer or the focus is. `run-here` is the shop's own button on a device. `run-order` says what the browser
 * really sent. `run-elsewhere` names a run that the same person has started in another browser. `panel-show` selects a
 * panel by the id of its element where panels are tabs.
 * @typedef {{
 *   "setup-change": CustomEvent<SetupDetail>,
 *   "field-point": CustomEvent<{name: string | null}>,
 *   "run-here": CustomEvent<{device: "pc" | "mobile"}>,
 *   "run-start": CustomEvent<RunDetail>,
 *   "run-order": CustomEvent<{device: string, order: CreatedOrder, sent: object}>,
 *   "run-return": CustomEvent<{device: string, kind: "callback" | "landing", fields: object}>,
 *   "run-result": CustomEvent<{device: string, merchantUid: string, location: string}>,
 *   "run-end": CustomEvent<{runId: string}>,
 *   "run-elsewhere": CustomEvent<{runId: string}>,
 *   "panel-show": CustomEvent<{panel: string}>,
 * }} WorkbenchEvents
 */

export {};
