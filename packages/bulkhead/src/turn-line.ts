import type { Admission } from './admission.ts';
import { Link, List } from './list.ts';
import type { Meter } from './meter.ts';

/** A call that waits for its turn at a rate limit. */
export class TurnWaiter {
  readonly permits: number;
  /** In the clock's milliseconds. */
  readonly arrivedAt: number;
  /** When its call is over. */
  readonly deadline: number;
  readonly inLine: Link<TurnWaiter> = new Link<TurnWaiter>(this);
  /** What the engine awaits, in the async context of the caller. */
  readonly admission: Admission<void> = Promise.withResolvers<void>();
  /** When it got its permits; `NaN` while it waits. */
  admittedAt: number = Number.NaN;

  constructor(permits: number, arrivedAt: number, deadline: number) {
    this.permits = permits;
    this.arrivedAt = arrivedAt;
    this.deadline = deadline;
  }
}

/**
 * Those who wait, by arrival. Nobody holds anything while waiting: when a turn comes is reckoned from who is ahead. So one who leaves
 * moves all behind forward, and costs no more than taking it out.
 */
export class TurnLine {
  readonly #waiters = new List<TurnWaiter>();
  #permits = 0;

  get size(): number {
    return this.#waiters.size;
  }

  get first(): TurnWaiter | undefined {
    return this.#waiters.first;
  }

  add(waiter: TurnWaiter): void {
    this.#waiters.append(waiter.inLine);
    this.#permits += waiter.permits;
  }

  remove(waiter: TurnWaiter): void {
    this.#waiters.remove(waiter.inLine);
    this.#permits -= waiter.permits;
  }

  /**
   * When a newcomer behind all of them would have its turn, not before `from`. Arithmetic, unless a sliding window has to look
   * further ahead than its limit with heavy calls among those who wait: then it walks the line.
   */
  turnOfNext(permits: number, meter: Meter, from: number): number {
    const total = this.#permits + permits;
    const allWeighOne = total === this.size + 1;
    if (total <= meter.reach || allWeighOne) return meter.freeAt(total, from);
    const ahead = meter.copy();
    let at = from;
    this.forEachTurn(ahead, from, (_waiter, turnAt) => {
      at = turnAt;
      return true;
    });
    return ahead.freeAt(permits, at);
  }

  /**
   * Looks ahead: calls back for each waiter, in order, with the time its turn will come.
   * @param ahead a copy of the meter, which goes on to where the last has had its turn.
   * @param stays whether this one waits for it; may remove that one.
   */
  forEachTurn(ahead: Meter, from: number, stays: (waiter: TurnWaiter, turnAt: number) => boolean): void {
    let at = from;
    for (let waiter = this.first; waiter !== undefined;) {
      const next = waiter.inLine.next?.owner;
      const turnAt = ahead.freeAt(waiter.permits, at);
      if (stays(waiter, turnAt)) {
        ahead.take(waiter.permits, turnAt);
        at = turnAt;
      }
      waiter = next;
    }
  }
}
