// @ts-check
/**
 * What each event makes of the client's copy of a party. `tests/golden` holds it to what the server's own replica
 * makes of the same event.
 */

/** @typedef {import('./types.js').Party} Party */
/** @typedef {import('./types.js').Member} Member */
/** @typedef {import('./types.js').PartyEvent} PartyEvent */

/** A party lists so many members at most; in a larger one no more than the welcome has listed are known. */
export const LISTED = 100;

/** @type {import('./types.js').Grant[]} what the host may do */
const ALL_GRANTS = ['playback', 'queue', 'invite', 'moderate', 'chat'];

/**
 * @type {Record<string, (party: Party, event: PartyEvent, member?: Member) => Partial<Party>>} What an event changes,
 *   by its type. An event that is not here changes neither the party nor its members.
 */
const CHANGES = {
  member_joined: joined,
  member_left: left,
  member_removed: left,
  member_renamed: (party, { data }) => ({
    members: changedMember(party, data.user_id, { display_name: String(data.display_name ?? '') }),
  }),
  member_grants_changed: (party, { data }) => ({
    members: changedMember(party, data.user_id, { own_grants: data.grants }),
  }),
  party_session_changed: (party, { data }) => data.changes,
  video_changed: (party, { data }) => ({ video: data.video }),
  video_duration_known: ({ video }, { data }) => ({ video: { ...video, duration_s: data.duration_s } }),
  party_session_ended: ({ playback }, { at_ms }) => ({ state: 'ended', ended_at_ms: at_ms, playback: atRest(playback) }),
};

/**
 * @param {Party} party
 * @param {PartyEvent} event
 * @param {Member|undefined} member
 * @param {string|undefined} hostId
 * @returns {Party} the party after that event
 */
export function partyAfter(party, event, member, hostId) {
  const changed = { ...party, ...CHANGES[event.type]?.(party, event, member) };
  const host_id = hostId ?? event.data?.to_user_id ?? party.host_id;
  if (host_id !== party.host_id) {
    const known = changed.members.some((one) => one.user_id === host_id);
    if (!known) changed.members = [...changed.members, ...newHost(host_id, event)];
    changed.host_id = host_id;
  }
  return counted({ ...changed, members: changed.members.map((one) => withRights(one, changed)) });
}

/** @param {Party} party @param {PartyEvent} event @param {Member} [member] @returns {Partial<Party>} */
function joined(party, event, member) {
  const member_count = party.member_count + 1;
  if (!member) return { member_count };
  const known = party.members.some((one) => one.user_id === member.user_id);
  if (known) return { member_count, members: changedMember(party, member.user_id, member) };
  return { member_count, members: member_count <= LISTED ? [...party.members, member] : party.members };
}

/** @param {Party} party @param {PartyEvent} event @returns {Partial<Party>} */
function left({ members, member_count }, { data, actor_id }) {
  const about = data?.user_id ?? actor_id;
  return { members: members.filter((one) => one.user_id !== about), member_count: member_count - 1 };
}

/** @param {Party} party @param {string} userId @param {Partial<Member>} change @returns {Member[]} */
function changedMember({ members }, userId, change) {
  return members.map((one) => (one.user_id === userId ? { ...one, ...change } : one));
}

/** @param {Member} member @param {Party} party @returns {Member} with the role and the rights that the party gives */
function withRights(member, { host_id, default_grants }) {
  const isHost = member.user_id === host_id;
  const role = isHost ? 'host' : 'member';
  // A server of the version before knows no rights.
  if (!default_grants) return { ...member, role };
  return { ...member, role, grants: isHost ? ALL_GRANTS : (member.own_grants ?? default_grants) };
}

/**
 * @param {string} user_id
 * @param {PartyEvent} event a `host_transferred`
 * @returns {Member[]} the new host, whom a large party's list of members may not hold; nobody without a name
 */
function newHost(user_id, { data }) {
  if (typeof data?.to_display_name !== 'string') return [];
  const { to_display_name: display_name, to_joined_at_ms: joined_at_ms } = data;
  const rights = { role: /** @type {const} */ ('host'), grants: ALL_GRANTS, own_grants: null };
  return [{ user_id, display_name, ...rights, joined_at_ms, online: true, sync: null }];
}

/**
 * @param {Party['playback']} playback
 * @returns {Party['playback']} that of a party that has ended: nobody is waited for, and no film follows
 */
export function atRest(playback) {
  return { ...playback, held: null, next: null };
}

/**
 * @param {Party} party
 * @returns {Party} with the number of those connected, which the server counts where not all are listed
 */
export function counted(party) {
  if (party.members.length !== party.member_count) return party;
  return { ...party, online_count: party.members.filter((one) => one.online).length };
}
