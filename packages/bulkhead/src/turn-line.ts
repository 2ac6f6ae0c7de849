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
  /** A meter as it will be when the last in line has had its turn, and when that is; as long as nothing changes what it rests on. */
  #end: { readonly ahead: Meter; at: number } | undefined = undefined;

  get size(): number {
    return this.#waiters.size;
  }

  get first(): TurnWaiter | undefined {
    return this.#waiters.first;
  }

  add(waiter: TurnWaiter): void {
    this.#waiters.append(waiter.inLine);
    this.#permits += waiter.permits;
    if (this.#end === undefined) return;
    this.#end.at = this.#end.ahead.freeAt(waiter.permits, this.#end.at);
    this.#end.ahead.take(waiter.permits, this.#end.at);
  }

  remove(waiter: TurnWaiter): void {
    this.#waiters.remove(waiter.inLine);
    this.#permits -= waiter.permits;
    this.forget();
  }

  /** The meter was changed: turns are to be reckoned anew. */
  forget(): void {
    this.#end = undefined;
  }

  /**
   * When a newcomer behind all of them would have its turn, not before `from`. Arithmetic, unless a sliding window has to look
   * further ahead than its limit with heavy calls among those who wait: then it walks the line, once until something changes, for
   * when it is full newcomers are many.
   */
  turnOfNext(permits: number, meter: Meter, from: number): number {
    const total = this.#permits + permits;
    const allWeighOne = total === this.size + 1;
    if (total <= meter.reach || allWeighOne) return meter.freeAt(total, from);
    const end = (this.#end ??= this.#lookAhead(meter, from));
    return end.ahead.freeAt(permits, Math.max(end.at, from));
  }

  #lookAhead(meter: Meter, from: number): { readonly ahead: Meter; at: number } {
    const end = { ahead: meter.copy(), at: from };
    this.forEachTurn(end.ahead, from, (_waiter, turnAt) => {
      end.at = turnAt;
      return true;
    });
    return end;
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
