/**
 * One film of the start page, from the file that is chosen to the film that can be watched. Dispatches `change`, and
 * `gone` when there is nothing left of it. No DOM, so that it can be tested in Node.
 */

import { TransferRate } from '../party-client/transfer-rate.js';
import { filmText, isWatchable, stateOf, unfinishedText, uploadText } from './film-text.js';

/** Films are prepared in bursts: their pace is looked at over a longer time than an upload's, ms. */
const PACE = { memoryMs: 40_000, leastMs: 4000 };

export class FilmEntry extends EventTarget {
  #rate = new TransferRate(PACE);
  #now;

  /** One of `video`, `upload` and `unfinished` (of party-client). */
  constructor({ video = null, upload = null, unfinished = null, now = () => performance.now() }) {
    super();
    this.#now = now;
    this.video = video;
    this.upload = upload;
    this.unfinished = unfinished;
    if (video) this.#pace();
    const told = () => this.dispatchEvent(new Event('change'));
    upload?.addEventListener('change', told);
    upload?.addEventListener('progress', told);
  }

  /** What the radio button is known by. */
  get value() {
    return this.video?.id ?? `file:${this.upload?.key ?? this.unfinished.key}`;
  }

  get title() {
    return this.video?.title ?? this.upload?.file.name ?? this.unfinished.name;
  }

  /** "upload", "unfinished", or what the film is: "preparing", "playable", "failed", "uploading". */
  get stage() {
    if (this.video) return stateOf(this.video);
    return this.upload ? 'upload' : 'unfinished';
  }

  /** Whether it can become a party, at once or once it is ready. */
  get canBeChosen() {
    if (this.stage === 'upload') return this.upload.state !== 'failed' && this.upload.state !== 'cancelled';
    return this.stage !== 'failed' && this.stage !== 'unfinished';
  }

  get isWatchable() {
    return this.video !== null && isWatchable(this.video);
  }

  /** `{text, fraction}` as the row shows it. */
  get progress() {
    if (this.video) return filmText(this.video, this.#leftS);
    return this.upload ? uploadText(this.upload) : { text: unfinishedText(this.unfinished), fraction: null };
  }

  /** The newest of the film. */
  update(video) {
    this.video = video;
    this.upload = null;
    this.unfinished = null;
    this.#pace();
    this.dispatchEvent(new Event('change'));
  }

  leave() {
    this.dispatchEvent(new Event('gone'));
  }

  get #leftS() {
    return this.#rate.leftS(1 - (this.video.transcode_job?.progress ?? 0));
  }

  #pace() {
    const job = this.video.transcode_job;
    if (job?.state === 'running') this.#rate.sample(job.progress, this.#now());
    else this.#rate.pause();
  }
}
