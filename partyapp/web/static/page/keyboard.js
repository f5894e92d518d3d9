/** Keys for the whole page, and the media keys of a keyboard or headset, which would act on this player alone. */

const STEP_S = 5;

/** Listens for Space, arrows, M and F, except where keys have a meaning of their own. */
export function listenToKeys(room, controls, volume, fullscreen) {
  room.on(document, 'keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    if (isTyping(event.target) || room.part('end-dialog').open) return;
    const act = actOf(event, controls, volume, fullscreen);
    if (!act) return;
    event.preventDefault();
    act();
  });
}

function actOf(event, controls, volume, fullscreen) {
  switch (event.key) {
    case ' ':
      // A focused button is pressed with Space, and a held key is one press.
      return event.repeat || event.target.closest('button, a, summary') ? null : () => void controls.toggle();
    case 'ArrowLeft':
      return () => controls.seekBy(-STEP_S);
    case 'ArrowRight':
      return () => controls.seekBy(STEP_S);
    case 'm':
    case 'M':
      return event.repeat ? null : () => volume.toggleMute();
    case 'f':
    case 'F':
      return event.repeat ? null : () => void fullscreen.toggle();
    default:
      return null;
  }
}

function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches('textarea, select, input:not([type=range])');
}

/** Sends the play and pause keys of the hardware to the party, where the browser offers them. */
export function listenToMediaKeys(room, controls) {
  const session = navigator.mediaSession;
  if (!session) return;
  const acts = {
    play: () => void (room.party.playback.state !== 'playing' && controls.toggle()),
    pause: () => void (room.party.playback.state === 'playing' && controls.toggle()),
    seekbackward: (details) => controls.seekBy(-(details.seekOffset ?? STEP_S)),
    seekforward: (details) => controls.seekBy(details.seekOffset ?? STEP_S),
    seekto: (details) => controls.seekTo(details.seekTime),
  };
  for (const [action, act] of Object.entries(acts)) setHandler(session, action, act);
  if ('MediaMetadata' in window) {
    session.metadata = new MediaMetadata({ title: room.party.title || room.party.video.title });
  }
  room.signal.addEventListener('abort', () => {
    for (const action of Object.keys(acts)) setHandler(session, action, null);
    session.metadata = null;
  });
}

function setHandler(session, action, act) {
  try {
    session.setActionHandler(action, act);
  } catch {
    // This browser does not know the action, and has no key for it.
  }
}
