// @ts-check
/** Everything a page needs to watch with a party. */
export { PartyApi } from './rest.js';
export { TokenSource } from './token-source.js';
export { ProblemError } from './problem.js';
export { PartyConnection } from './connection.js';
export { PlaybackFollower } from './playback-follower.js';
export { PlayerFollower } from './player-follower.js';
export { FramePlayer, mediaElementPlayer } from './players.js';
export { PartyTimingProvider } from './timing-provider.js';
export { ClockEstimator } from './clock-estimator.js';
export { ScheduledTimeline, positionAt } from './timeline.js';
export { SkewController } from './skew-controller.js';
export { ScalarKalman } from './kalman.js';
export { SyncVerdict } from './sync-verdict.js';
export { probeMedia } from './media-probe.js';
export { FilmPreload } from './film-preload.js';
export { FilmsApi } from './films-api.js';
export { Uploads } from './uploads.js';
export { UploadMemory } from './upload-memory.js';
export { TransferRate } from './transfer-rate.js';
export { RenditionChoice } from './rendition-choice.js';
export { systemScheduler } from './scheduler.js';
export { SegmentFeeder, mediaSourceOf } from './segment-feeder.js';
export { SecondPicture } from './second-picture.js';
