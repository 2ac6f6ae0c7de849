import type { Timer } from './clock.ts';

/**
 * A circular, intrusive, doubly linked list of timers, first in first out; the list itself is the sentinel between the last and the
 * first. Appending and unlinking are O(1) and allocate nothing.
 */
export class TimerList implements Timer {
  dueAt: number = Number.NaN;
  delayMs: number = 0;
  previous: Timer | undefined;
  next: Timer | undefined;

  constructor() {
    this.previous = this;
    this.next = this;
  }

  get isEmpty(): boolean {
    return this.next === this;
  }

  /** The timer that was appended first, if there is one. */
  get first(): Timer | undefined {
    return this.next === this ? undefined : this.next;
  }

  /** Links a timer that is in no list. */
  append(timer: Timer): void {
    const last = this.previous!;
    if (last === this) this.filled();
    timer.previous = last;
    timer.next = this;
    last.next = timer;
    this.previous = timer;
  }

  /** Takes the first timer out of the list. */
  takeFirst(): Timer | undefined {
    const { first } = this;
    if (first !== undefined) unlink(first);
    return first;
  }

  /** Appends all timers of this list to another, in their order, in O(1). */
  moveTo(other: TimerList): void {
    if (this.isEmpty) return;
    if (other.isEmpty) other.filled();
    const first = this.next!;
    const last = this.previous!;
    const before = other.previous!;
    before.next = first;
    first.previous = before;
    last.next = other;
    other.previous = last;
    this.previous = this;
    this.next = this;
    this.emptied();
  }

  /** Called when the first timer comes in; for lists whose occupancy is recorded. */
  filled(): void {}

  /** Called when the last timer has gone, whoever unlinked it. */
  emptied(): void {}

  /** A sentinel is never due. */
  fire(): void {}
}

/**
 * Takes a timer out of the list it is in, whichever that is.
 * @returns whether it was in one.
 */
export function unlink(timer: Timer): boolean {
  const { previous, next } = timer;
  if (previous === undefined || next === undefined) return false;
  previous.next = next;
  next.previous = previous;
  timer.previous = undefined;
  timer.next = undefined;
  // One neighbour on both sides is the sentinel: nothing is left.
  if (previous === next) (next as TimerList).emptied();
  return true;
}
