// Run in a page that shows a clip with bars: notes which frame is on the screen at each refresh of it, by the picture.
// Instants are on the machine's clock, ms since the epoch.
() => {
  const COLUMNS = 18;
  const CELL = 6;
  const MOST = 20000;
  const canvas = Object.assign(document.createElement('canvas'), { width: COLUMNS * CELL, height: 4 * CELL });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const machineMs = (atMs = performance.now()) => performance.timeOrigin + atMs;
  const video = () => document.querySelector('video');
  // A second picture lies over the first one while that changes to another film or file.
  const uppermost = () =>
    [...document.querySelectorAll('video.second-picture')].find(({ style }) => style.opacity === '1') ?? video();

  // Another server's picture can be read only if it was asked for so.
  const readable = (media) => {
    if (media.crossOrigin === 'anonymous') return;
    const { src } = media;
    media.crossOrigin = 'anonymous';
    if (src) media.src = src;
  };

  /** The number in the picture on the screen; null if there is none, or it isn't whole. */
  const number = () => {
    const media = uppermost();
    if (!media || media.readyState < 2) return null;
    context.drawImage(media, 0, 0, canvas.width, canvas.height);
    const row = (y) => context.getImageData(0, y, canvas.width, 1).data;
    const [above, below] = [row(CELL), row(3 * CELL)];
    const isWhite = (data, column) => data[(column * CELL + CELL / 2) * 4] > 128;
    let found = 0;
    for (let column = 0; column < COLUMNS; column += 1) {
      const white = isWhite(above, column);
      if (white === isWhite(below, column)) return null;
      if ((column === 0 || column === COLUMNS - 1) && !white) return null;
      if (white && column > 0 && column < COLUMNS - 1) found += 2 ** (column - 1);
    }
    return found;
  };

  const screen = { shown: [], frames: [], corrections: [], number, machineMs, follower: null, connection: null };
  window.filmScreen = screen;
  screen.forget = () => Object.assign(screen, { shown: [], frames: [], corrections: [] });

  let last = null;
  const look = () => {
    const atMs = machineMs();
    const now = number();
    // The first and the last sight of each frame.
    if (now !== null && screen.shown.length < MOST) {
      if (now !== last || screen.shown.length === 0) screen.shown.push([atMs, now, atMs]);
      else screen.shown.at(-1)[2] = atMs;
    }
    last = now;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);

  // What the player itself says of each frame, beside what it shows: [display, mediaTime, number, currentTime, now].
  const follow = (media) => {
    readable(media);
    const ask = () => media.requestVideoFrameCallback((_now, { expectedDisplayTime, mediaTime }) => {
      const entry = [machineMs(expectedDisplayTime), mediaTime, number(), media.currentTime, machineMs()];
      if (screen.frames.length < MOST && !media.paused) screen.frames.push(entry);
      ask();
    });
    ask();
  };
  follow(video());

  const dispatch = EventTarget.prototype.dispatchEvent;
  EventTarget.prototype.dispatchEvent = function dispatchEvent(event) {
    if (event.type === 'skew' && this.media) screen.follower = this;
    if (event.type === 'correction' && this.media) {
      const { kind, rate, positionS, errorMs } = event.detail;
      screen.corrections.push([Math.round(machineMs()), kind, rate ?? positionS, Math.round(errorMs)]);
    }
    if (event.type === 'clock' && this.estimate) screen.connection = this;
    return dispatch.call(this, event);
  };

  // How far this page's clock is ahead of the wall clock, ms, seen where that one moves on.
  let least = Infinity;
  screen.aheadMs = () => {
    for (let edge = 0; edge < 20; edge += 1) {
      const before = Date.now();
      let now = before;
      while (now === before) now = Date.now();
      least = Math.min(least, machineMs() - now);
    }
    return least;
  };
  return true;
}
