// Put into a page before its own scripts: notes each frame that is presented, what the follower did about it,
// and when commands take effect. It changes nothing; instants are on the machine's clock, ms since the epoch.
(() => {
  const MOST = 40000;
  const lists = {
    frames: [], seeks: [], rates: [], media: [], corrections: [], skews: [], exchanges: [], commands: [], states: [],
  };
  const seen = { follower: null, connection: null, ...lists };
  window.partySampler = seen;
  const machineMs = (atMs = performance.now()) => performance.timeOrigin + atMs;
  const keep = (list, entry) => {
    if (list.length < MOST) list.push(entry);
  };

  // [shown at, media time in s, rate] of each frame from now on.
  const sample = (media) => {
    const ask = () =>
      media.requestVideoFrameCallback((_now, frame) => {
        keep(seen.frames, [machineMs(frame.expectedDisplayTime), frame.mediaTime, media.playbackRate]);
        ask();
      });
    ask();
    media.addEventListener('seeking', () => keep(seen.seeks, [machineMs(), media.currentTime]));
    media.addEventListener('ratechange', () => keep(seen.rates, [machineMs(), media.playbackRate]));
    for (const type of ['waiting', 'pause', 'playing', 'seeked']) {
      media.addEventListener(type, () => keep(seen.media, [machineMs(), type]));
    }
  };

  const noteOf = {
    skew: (follower) => {
      if (!follower.media) return;
      if (!seen.follower) sample(follower.media);
      seen.follower = follower;
      const { errorMs, boundMs, verdict } = follower.skew;
      keep(seen.skews, [machineMs(), errorMs, boundMs, verdict]);
    },
    correction: (_follower, { kind, rate, positionS, errorMs }) =>
      keep(seen.corrections, [machineMs(), kind, rate ?? positionS, errorMs]),
    clock: (connection, { offsetMs, boundMs }) => {
      if (!connection.estimate) return;
      seen.connection = connection;
      keep(seen.exchanges, [machineMs(), offsetMs, boundMs]);
    },
    playback: (connection, { action, playback }) => {
      if (!connection.partyTimeMs) return;
      const atMs = machineMs() + playback.at_ms - connection.partyTimeMs();
      keep(seen.commands, { action, state: playback.state, positionS: playback.position_s, atMs, heardMs: machineMs() });
    },
    state: (connection) => {
      if (connection.partyTimeMs) keep(seen.states, [machineMs(), connection.state]);
    },
  };
  // The page keeps its follower and its connection to itself, but both are targets of events.
  const dispatch = EventTarget.prototype.dispatchEvent;
  EventTarget.prototype.dispatchEvent = function dispatchEvent(event) {
    if (Object.hasOwn(noteOf, event.type)) noteOf[event.type](this, event.detail ?? {});
    return dispatch.call(this, event);
  };

  // How far this page's clock is ahead of the wall clock, ms, seen at the instants at which that one moves on.
  // Whoever is held up sees an edge late, so the least that was ever seen is the best known.
  let least = Infinity;
  const aheadMs = () => {
    for (let edge = 0; edge < 20; edge += 1) {
      const before = Date.now();
      let now = before;
      while (now === before) now = Date.now();
      least = Math.min(least, machineMs() - now);
    }
    return least;
  };

  seen.report = () => {
    const found = { aheadMs: aheadMs(), skew: seen.follower?.skew ?? null };
    for (const name of Object.keys(lists)) found[name] = seen[name];
    return found;
  };
})();
