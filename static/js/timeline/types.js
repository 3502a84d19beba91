// @ts-check
// Type of the data that a timeline fetches. This file holds no code.

/**
 * One fact of a timeline, as `GET …/timeline` returns it.
 * @typedef {object} TimelineRow
 * @property {string} id
 * @property {number} at milliseconds of machine time, by which rows are sorted
 * @property {string} when business time, as text
 * @property {string} lane where it begins: `browser`, `shop` or `pg`
 * @property {string | null} direction the lane where it arrives, if it is a message
 * @property {string} event
 * @property {string} name
 * @property {string} status
 * @property {number | null} ms
 * @property {number | null} service_ms the other side's measurement of the same call
 * @property {string | null} merchant_uid
 * @property {string} title a sentence in the page's language
 * @property {unknown} payload
 * @property {unknown} request
 * @property {unknown} response
 * @property {string} curl empty if it is no request that can be repeated
 * @property {string} source `file::function`
 * @property {Record<string, string>} links address by label
 * @property {string[]} replaces ids of rows that this one replaces
 * @property {string | null} divider by how much the clock jumped before it
 */

export {};
