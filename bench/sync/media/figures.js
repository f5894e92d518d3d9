/** The figures of a simulated room: the differences between the players, and the corrections they took. */

/** A player counts as settled so long after a command or a stall. */
const SETTLING_MS = 1000;
/** A seek within so long after a command or a stall has its cause in it. */
const CAUSE_MS = 3000;
export const SAMPLE_MS = 100;

export class Figures {
  #all = [];
  #settled = [];
  #bySecond = new Map();
  #samples = 0;
  #audible = 0;

  constructor(medias, commands) {
    this.medias = medias;
    this.commands = commands;
    this.errors = medias.map(() => []);
  }

  /** Sample every player at one true instant. @param {number} nowMs */
  sample(nowMs) {
    const playback = this.commands.findLast((command) => command.at_ms <= nowMs);
    if (!playback || playback.state !== 'playing') return;
    const targetS = playback.position_s + ((nowMs - playback.at_ms) / 1000) * playback.rate;
    const places = this.medias.map((media) => media.trueS);
    const undisturbed = nowMs - playback.at_ms >= SETTLING_MS;
    const settled = this.medias.map((media) => undisturbed && !within(media.stalledAtMs, nowMs, SETTLING_MS + 1500));
    this.medias.forEach((media, index) => {
      this.errors[index].push(Math.abs(places[index] - targetS) * 1000);
      this.#samples += 1;
      this.#audible += Math.abs(media.playbackRate - 1) > 0.03 + 1e-9 ? 1 : 0;
    });
    this.#pairs(places, settled, Math.floor(nowMs / 1000));
  }

  #pairs(places, settled, second) {
    if (!this.#bySecond.has(second)) this.#bySecond.set(second, []);
    const here = this.#bySecond.get(second);
    for (let one = 0; one < places.length; one += 1) {
      for (let other = one + 1; other < places.length; other += 1) {
        const apartMs = Math.abs(places[one] - places[other]) * 1000;
        this.#all.push(apartMs);
        here.push(apartMs);
        if (settled[one] && settled[other]) this.#settled.push(apartMs);
      }
    }
  }

  /** @param {number} minutes how long the room ran */
  report(minutes) {
    const per = (count) => count / minutes / this.medias.length;
    const all = Float64Array.from(this.#all).sort();
    const seconds = [...this.#bySecond.keys()];
    const sorted = seconds.map((second) => Float64Array.from(this.#bySecond.get(second)).sort());
    return {
      pairs: { all: percentiles(all), settled: percentiles(Float64Array.from(this.#settled).sort()) },
      median_error_ms: this.errors.map((errors) => round(quantile(Float64Array.from(errors).sort(), 0.5))),
      largest_rate_deviation: Math.max(...this.medias.map((media) => media.largestRate)),
      rate_changes_a_minute: per(sum(this.medias.map((media) => media.rateChanges))),
      seeks_a_minute: per(sum(this.medias.map((media) => media.seeks))),
      seeks_a_minute_without_cause: per(sum(this.medias.map((media) => this.#causeless(media)))),
      audible_share: this.#audible / Math.max(1, this.#samples),
      over_time: {
        second: seconds,
        p50: sorted.map((values) => round(quantile(values, 0.5))),
        p95: sorted.map((values) => round(quantile(values, 0.95))),
      },
      spread_ms: Array.from({ length: 200 }, (_, share) => round(quantile(all, share / 200))),
    };
  }

  #causeless(media) {
    const starts = this.commands.map((command) => command.at_ms);
    return media.soughtAtMs.filter((atMs) => (
      // The way to a scheduled start begins before it; and a stall lasts up to a second and a half.
      !within(starts, atMs, CAUSE_MS) && !starts.some((startMs) => startMs >= atMs && startMs - atMs <= 2000)
      && !within(media.stalledAtMs, atMs, CAUSE_MS + 1500)
    )).length;
  }
}

const sum = (values) => values.reduce((total, value) => total + value, 0);
const round = (value) => Math.round(value * 1000) / 1000;
const within = (instants, nowMs, forMs) => instants.some((atMs) => nowMs >= atMs && nowMs - atMs <= forMs);

function quantile(sorted, share) {
  return sorted.length ? sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] : NaN;
}

function percentiles(sorted) {
  return Object.fromEntries([['p50', 0.5], ['p95', 0.95], ['p99', 0.99], ['max', 1]].map(
    ([name, share]) => [name, round(quantile(sorted, share))],
  ));
}
