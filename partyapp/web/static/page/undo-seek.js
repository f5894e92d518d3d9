/** A seek can be taken back for a moment: nothing moves the party by accident. */

import { showOffer } from './notices.js';
import { formatTime, isolated } from './text.js';

const OFFERED_MS = 10_000;
/** A step this small is taken back by a step, s. */
const SMALL_S = 15;

/** Offers who controls the playback to go back to where the party was, for 10 s after a seek. */
export function offerUndo(room) {
  let beforeS = null;
  const remember = () => {
    beforeS = room.positionS(Infinity, null);
  };
  remember();
  room.every(250, remember);
  room.on(room.connection, 'playback', ({ detail }) => {
    const [fromS, toS] = [beforeS, detail.playback.position_s];
    remember();
    if (detail.action !== 'seek' || room.controlReason || fromS === null || Math.abs(toS - fromS) < SMALL_S) return;
    if (room.undoing) return void (room.undoing = false);
    const who = detail.by === room.userId ? 'You' : isolated(room.nameOf(detail.by));
    showOffer(`${who} went to ${formatTime(toS)}`, {
      label: `Back to ${formatTime(fromS)}`,
      testId: 'undo-seek',
      run: () => {
        room.undoing = true;
        return room.command('seek', { position_s: fromS });
      },
    }, { shownMs: OFFERED_MS, signal: room.signal });
  });
}
