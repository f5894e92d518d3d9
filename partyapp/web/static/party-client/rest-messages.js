// @ts-check
/** Events of the audit log as the messages that a socket is sent of them. */

/** @import {PartyEvent, Playback} from './types.js' */

/** @type {Record<string, string>} */
const ACTIONS = { playback_started: 'play', playback_paused: 'pause', playback_sought: 'seek' };

/** @param {PartyEvent} event @returns {object[]} */
export function messagesOf(event) {
  const { revision, type, at_ms, actor_id, data } = event;
  const action = ACTIONS[type];
  if (action) return [{ type: 'playback', revision, playback: playbackOf(event), action, by: actor_id }];
  const message = { type: 'event', event };
  if (data.playback) return [{ ...message, playback: data.playback }];
  if (['playback_finished', 'playback_held', 'playback_resumed'].includes(type)) return [{ ...message, playback: playbackOf(event) }];
  if (type === 'host_transferred') return [{ ...message, host_id: data.to_user_id }];
  if (type === 'member_joined') {
    const { user_id, display_name, grants = ['chat'], own_grants = null } = data;
    const rights = { role: 'member', grants, own_grants };
    const member = { user_id, display_name, ...rights, joined_at_ms: at_ms, online: false, sync: null };
    return [{ ...message, member }];
  }
  if (type === 'party_session_ended') return [message, { type: 'ended', reason: data.reason, revision }];
  return [message];
}

/** @param {PartyEvent} event @returns {Playback} */
function playbackOf({ revision, data: { state, position_s, rate, at_ms, held = null, next = null } }) {
  return { state, position_s, rate, at_ms, revision, held, next };
}
