/**
 * The media keys of a keyboard or headset, the lock screen, and the buttons of a picture in picture.
 *
 * They belong to this device: an earphone that is taken out must not stop the film for everybody. So pause is a
 * pause for oneself, and play comes back from it; a seek, which has no meaning for one alone, is the party's and
 * offered to who controls it.
 */

const STEP_S = 5;
const POSITION_EVERY_MS = 1000;

/** Takes the keys over for as long as the view is open. */
export function listenToMediaKeys(room, player, controls, position) {
  const session = navigator.mediaSession;
  if (!session) return;
  const { follower } = player;
  const acts = {
    play: () => {
      if (follower.detached) void follower.attach();
      else if (follower.blocked) void follower.resume();
      else if (!controls.isPlaying && !room.controlReason) void controls.toggle();
    },
    pause: () => follower.detach(),
  };
  const seeks = {
    seekbackward: (details) => position.seekBy(-(details.seekOffset ?? STEP_S)),
    seekforward: (details) => position.seekBy(details.seekOffset ?? STEP_S),
    seekto: (details) => position.seekTo(details.seekTime, details.fastSeek ? undefined : 0),
  };
  setHandlers(session, acts);
  let offered = null;
  let title = null;
  room.every(POSITION_EVERY_MS, () => {
    const titleNow = room.party.title || room.party.video.title;
    if (titleNow !== title && 'MediaMetadata' in window) session.metadata = new MediaMetadata({ title: titleNow });
    title = titleNow;
    const mayControl = room.controlReason === null;
    if (mayControl !== offered) setHandlers(session, mayControl ? seeks : noneOf(seeks));
    offered = mayControl;
    session.playbackState = controls.isPlaying && !follower.detached ? 'playing' : 'paused';
    tellPosition(session, player, room.party.playback.rate);
  });
  room.signal.addEventListener('abort', () => {
    setHandlers(session, noneOf({ ...acts, ...seeks }));
    session.metadata = null;
    session.playbackState = 'none';
  });
}

const noneOf = (acts) => Object.fromEntries(Object.keys(acts).map((action) => [action, null]));

function setHandlers(session, acts) {
  for (const [action, act] of Object.entries(acts)) {
    try {
      session.setActionHandler(action, act);
    } catch {
      // This browser does not know the action, and has no key for it.
    }
  }
}

function tellPosition(session, { durationS, media }, rate) {
  if (!session.setPositionState || !Number.isFinite(durationS) || !(durationS > 0)) return;
  const position = Math.min(durationS, media.currentTime);
  session.setPositionState({ duration: durationS, playbackRate: rate, position });
}
