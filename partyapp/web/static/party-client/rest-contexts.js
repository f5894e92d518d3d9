// @ts-check
/** Talk and queue of a party by REST, as the messages that a socket would be sent. */
import { ProblemError } from './problem.js';

/** @import {RestSource} from './types.js' */

/** Asked for from no place on, the latest come. */
const LATEST = 50;
const MOST = 200;

/**
 * All that a welcome says of talk and queue.
 * @param {RestSource} api
 * @param {string} partyId
 * @returns {Promise<{chat?: object, queue?: object}>} without what the server doesn't know or refuses
 */
export async function contextsOf(api, partyId) {
  const [said, queue] = await Promise.all([
    known(() => api.chat?.list(partyId, { limit: LATEST })),
    known(() => api.queue?.list(partyId)),
  ]);
  const messages = said?.items ?? [];
  const chat = said ? { chat: { last_seq: messages.at(-1)?.seq ?? 0, messages } } : {};
  return { ...chat, ...(queue ? { queue } : {}) };
}

/**
 * @param {RestSource} api
 * @param {string} partyId
 * @param {number} after the last `seq` that is known
 * @returns {Promise<object[]>} messages of what was said since
 */
export async function saidSince(api, partyId, after) {
  const said = await known(() => api.chat?.list(partyId, { after, limit: MOST }));
  return (said?.items ?? []).map((message) => ({ type: 'chat', message }));
}

/**
 * @template T
 * @param {() => Promise<T>|undefined} ask
 * @returns {Promise<T|undefined>}
 */
async function known(ask) {
  try {
    return await ask();
  } catch (error) {
    // What is refused is nothing to follow; all else is tried again with the next poll.
    if ([403, 404, 405].includes(ProblemError.from(error).status)) return undefined;
    throw error;
  }
}
