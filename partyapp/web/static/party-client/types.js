// @ts-check
/**
 * The shapes of the contract `party.v1`, as JSDoc types. Nothing here runs.
 *
 * Names ending in `_ms` are milliseconds (instants: since the Unix epoch, in party time);
 * names ending in `_s` are media positions in seconds.
 */

/**
 * `progress` is 0 to 1; `error` says in words why it failed.
 * @typedef {{id: string, state: 'pending'|'running'|'completed'|'failed', progress: number,
 *   error: string|null}} TranscodeJob
 */

/** @typedef {'url'|'upload'|'library'|'sample'} VideoKind */

/**
 * @typedef {{type: string, url: string, width: number|null, height: number|null, bitrate: number|null,
 *   audio_track?: string}} VideoSource
 */

/** @typedef {{id: string, language: string|null, label: string, url: string, default: boolean}} VideoSubtitles */

/** @typedef {{id: string, language: string|null, label: string, default: boolean}} VideoAudioTrack */

/**
 * A film. `sources` best first; `ready_until_s` is how much of it can be watched while it is being prepared, null
 * if all can.
 * @typedef {{id: string, title: string, duration_s: number|null, playback_url: string|null,
 *   transcode_job: TranscodeJob|null,
 *   owner_id: string|null, kind: VideoKind,
 *   state: 'uploading'|'preparing'|'playable'|'failed', ready_until_s: number|null,
 *   sources: VideoSource[], subtitles: VideoSubtitles[], audio_tracks: VideoAudioTrack[],
 *   poster_url: string|null, storyboard_url: string|null, width: number|null, height: number|null,
 *   frame_rate: number|null, left_out?: string}} Video
 */

/**
 * Something that was said. `position_s` says where in the film of `video_id`.
 * @typedef {{seq: number, id: string, user_id: string, display_name: string, text: string, at_ms: number,
 *   position_s: number, video_id: string, deleted?: boolean}} ChatMessage
 */

/** @typedef {{id: string, video: Video, added_by: string|null, added_at_ms: number, votes: number, voted: boolean}} QueueItem */

/** @typedef {{items: QueueItem[], queue_revision: number, mode: 'order'|'votes'}} Queue in the order in which they play */

/** @typedef {{user_id: string, display_name: string}} Ban */

/**
 * @typedef {{id: string, code: string, url: string, created_by: string, expires_at_ms: number|null,
 *   max_uses: number|null, uses: number, revoked_at_ms: number|null, user_id: string|null,
 *   grants: Grant[]|null}} Invite
 */

/**
 * One request of an upload. `onProgress` is told how many bytes of the body have left.
 * @typedef {{method: 'POST'|'HEAD'|'PATCH'|'DELETE', url: string, headers: Record<string, string>,
 *   body: Blob|null, signal: AbortSignal, onProgress: (sentBytes: number) => void}} UploadRequest
 */

/** @typedef {{status: number, text: string, header: (name: string) => string|null}} UploadAnswer */

/** @typedef {(request: UploadRequest) => Promise<UploadAnswer>} UploadTransport rejects where there is no answer */

/**
 * An upload that was begun. `key` is the file's fingerprint, `path` the upload's on the backend, `sent` in bytes.
 * @typedef {{person: string, key: string, path: string, name: string, size: number, sent: number,
 *   expiresMs?: number}} UnfinishedUpload expiresMs: by the wall clock, when the server drops it
 */

/**
 * `queued`: others come first · `waiting`: for the network or the server, and tried again by itself.
 * @typedef {'queued'|'uploading'|'waiting'|'paused'|'done'|'failed'|'cancelled'} UploadState
 */

/**
 * The room's timeline: from `at_ms` on, the position at party time t is
 * `position_s + (state === 'playing' ? rate * (t - at_ms) / 1000 : 0)`.
 * @typedef {{state: 'stopped'|'playing'|'paused', position_s: number, rate: number, at_ms: number,
 *   revision: number, held: PlaybackHold|null, next: NextVideo|null}} Playback
 */

/**
 * Why a party that is to play stands still: for members whose player loads, or for its film.
 * @typedef {{reason: 'members'|'preparing', for: string[], since_ms: number, until_ms: number}} PlaybackHold
 */

/** @typedef {{item_id: string, video_id: string, at_ms: number}} NextVideo which film begins by itself, and when */

/** @typedef {'playback'|'queue'|'invite'|'moderate'|'chat'} Grant */

/** @typedef {{for: 'nobody'|'host'|'most'|'everyone', grace_s: number, limit_s: number, budget_s: number}} WaitRule */

/** @typedef {'in_sync'|'likely'|'out_of_sync'|'unknown'} Verdict */

/**
 * @typedef {{offset_bound_ms: number, drift_ms: number, rtt_ms: number, state: string,
 *   verdict: Verdict, client?: 'syncplay'}} MemberSync `client` is what they watch by, where that is no page
 */

/**
 * @typedef {{user_id: string, display_name: string, role: 'host'|'member', joined_at_ms: number,
 *   grants: Grant[], own_grants: Grant[]|null, online: boolean, sync: MemberSync|null}} Member `own_grants` is
 *   what the host gave, null where that is what all have
 */

/**
 * @typedef {{id: string, title: string, video: Video, host_id: string, visibility: 'private'|'public',
 *   control: 'host'|'everyone', max_members: number, state: 'active'|'ended', created_at_ms: number,
 *   ended_at_ms: number|null, revision: number, playback: Playback, lead_ms: number, members: Member[],
 *   member_count: number, online_count: number, invite_code?: string, default_grants: Grant[], wait: WaitRule,
 *   chat_enabled: boolean, queue_mode: 'order'|'votes', next_after_s: number|null,
 *   starts_at_ms: number|null}} Party `members` are 100 at most: of more
 *   than 100 the host, this member, and those connected who joined first
 */

/**
 * What a host sets of a party. `starts_at_ms` is when it begins by itself, up to a year ahead; null takes it back.
 * @typedef {{title?: string, visibility?: 'private'|'public', control?: 'host'|'everyone', max_members?: number,
 *   default_grants?: Grant[], wait?: WaitRule, chat_enabled?: boolean, queue_mode?: 'order'|'votes',
 *   next_after_s?: number|null, starts_at_ms?: number|null}} PartySettings
 */

/** @typedef {Omit<Party, 'members'|'invite_code'>} PartySummary */

/**
 * A party of more than 100 in numbers.
 * @typedef {{member_count: number, online_count: number, in_sync: number, likely: number,
 *   out_of_sync: number, unknown: number}} Crowd
 */

/** @typedef {{id: string, title: string, state: 'active'|'ended', member_count: number, host_name: string,
 *   video_title: string, online_count: number}} InvitePreview
 */

/**
 * @typedef {{revision: number, type: string, at_ms: number, actor_id: string|null,
 *   data: Record<string, any>}} PartyEvent
 */

/** @typedef {{type?: string, title?: string, status?: number, detail?: string, code?: string,
 *   retry_after_s?: number, signed_out?: boolean, login?: string, scope?: string, request_id?: string,
 *   errors?: Record<string, string[]>}} Problem
 */

/**
 * What is new to this person, of whichever party; `data` holds `party_title`, `who` and facts of its type.
 * @typedef {{id: string, type: string, party_id: string|null, created_at_ms: number, read_at_ms: number|null,
 *   data: Record<string, any>}} PersonNotification
 */

/**
 * Where a person's notifications go beside the page; `label` holds enough of its address to tell which it is.
 * @typedef {{id: string, scheme: string, label: string, kinds: string[], state: 'unverified'|'active'|'set_aside',
 *   reason: string|null, created_at_ms: number, verified_at_ms: number|null}} Channel
 */

/** @typedef {{time_zone: string, begin: string, end: string}} QuietHours by the clock of that zone, as in 22:30 */

/** @typedef {'play'|'pause'|'seek'|'transfer_host'|'leave'|'end'} CommandAction */

/** @typedef {{position_s?: number, rate?: number, user_id?: string, expected_revision?: number,
 *   when_ready?: boolean}} CommandFields */

/**
 * The status of a member's player. `sampled_at_ms` is in party time; `duration_s` is there where the file is of another
 * length than the party says.
 * @typedef {{position_s: number, state: 'playing'|'paused'|'buffering'|'ready', revision: number,
 *   sampled_at_ms: number, bound_ms?: number, duration_s?: number, video_id?: string}} MemberStatus
 */

/**
 * `polling`: the network refuses sockets, and the party is followed by REST until one opens.
 * @typedef {'connecting'|'open'|'waiting'|'polling'|'closed'} ConnectionState
 */

/**
 * The four stamps of a clock exchange, ms: t1 and t4 of the member's clock.
 * @typedef {{t1: number, t2: number, t3: number, t4: number}} ClockExchanged
 */

/**
 * The result of the clock estimator, all in ms; `offsetMs` is party time minus member clock.
 * @typedef {{offsetMs: number, boundMs: number, driftPpm: number, lowerMs: number, upperMs: number,
 *   rttMinMs: number, steps: number, rateResets: number, samples: number}} ClockEstimate
 */

/**
 * What the library needs of a clock estimator.
 * @typedef {object} Clock
 * @property {(t1: number, t2: number, t3: number, t4: number) => boolean} observe
 * @property {(memberTimeMs: number, rootBoundMs?: number) => ClockEstimate} estimate
 * @property {(hints?: {playing?: boolean, unsure?: boolean, steadyMs?: number}) => number} nextDelayMs
 * @property {(options?: {doubtful?: boolean}) => void} beginBurst doubtful: the clock may have stood still, so
 *   nothing is known (the bound is infinite) until the next exchange
 * @property {() => void} reset
 */

/** @typedef {{ping_ms: number, status_ms: number}} Pace how often the server wants to hear this member, ms */

/** One complete exchange of four timestamps: t1, t4 in member time, t2, t3 in party time.
 * @typedef {{n: number, t1: number, t2: number, t3: number, t4: number}} Exchange
 */

/**
 * Where timers come from; a test puts virtual time here.
 * @typedef {object} Scheduler
 * @property {(run: () => void, delayMs: number) => unknown} setTimeout
 * @property {(handle: any) => void} clearTimeout
 */

/**
 * `ticket` rejects with a ProblemError; what else it rejects with counts as a fault in the program. With the
 * methods of a `RestSource` the party is followed by REST where no socket can be opened.
 * @typedef {{baseUrl: string, read?: (text: string) => any, ticket: (id: string) => Promise<{ticket: string}>,
 *   tokens?: EventTarget & {token: string|null}} & Partial<RestSource>} TicketSource `tokens` dispatches `token` with each fresh one
 */

/**
 * What the library needs of a PartyApi to do without a socket.
 * @typedef {object} RestSource
 * @property {(id: string) => Promise<Party>} party
 * @property {(id: string, report: object) => Promise<any>} sync
 * @property {(id: string, page: {after: number, limit: number}) => Promise<{items: PartyEvent[]}>} events
 * @property {(id: string, command: any, key: string) => Promise<{revision: number}>} playback
 * @property {(id: string, userId: string) => Promise<{revision: number}>} transfer
 * @property {(id: string) => Promise<unknown>} leave
 * @property {(id: string) => Promise<unknown>} end
 * @property {Pick<import('./chat-api.js').ChatApi, 'say'|'list'>} [chat]
 * @property {Pick<import('./queue-api.js').QueueApi, 'list'>} [queue]
 */

/**
 * @typedef {object} ConnectionOptions
 * @property {TicketSource} api a PartyApi that is signed in
 * @property {string} partyId
 * @property {string} [deviceId] a UUID of this device, for a member with several
 * @property {import('./party-socket.js').SocketConstructor} [WebSocketImpl]
 * @property {() => number} [now] the member's monotonic clock, ms
 * @property {() => number} [wallNow] the wall clock, only to notice a sleep
 * @property {Scheduler} [scheduler]
 * @property {() => number} [random] uniform in [0, 1)
 * @property {Clock} [clock]
 * @property {EventTarget|null} [windowTarget] target of `online`
 * @property {(EventTarget & {visibilityState?: string})|null} [documentTarget] target of `visibilitychange`
 */

/** @typedef {{state: 'stopped'|'playing'|'paused', positionS: number, rate: number}} TimelinePoint */

/** @typedef {{errorMs: number, boundMs: number, verdict: Verdict}} Skew */

/**
 * What a follower needs of a PartyConnection.
 * @typedef {EventTarget & {party: Party|null, now: () => number, estimate: () => ClockEstimate|null,
 *   partyTimeMs: (localMs?: number) => number|null,
 *   sendStatus: (status: MemberStatus) => boolean}} FollowedConnection
 */

/**
 * @typedef {object} FollowerOptions
 * @property {HTMLMediaElement} media
 * @property {FollowedConnection} connection
 * @property {import('./skew-controller.js').Profile} [profile] `seek-only` for players whose rate can't be nudged
 * @property {number} [trimMs] a delay that can't be measured (Bluetooth, a TV), ms, added to the target
 * @property {number} [limitMs] the room's limit for the verdict
 * @property {Scheduler} [scheduler]
 * @property {(EventTarget & {visibilityState?: string})|null} [documentTarget] target of `visibilitychange`
 */

export {};
