import type { Timer } from './clock.ts';
import { TimerList, unlink } from './timer-list.ts';

// 32 slots a level, so that the occupancy of a level is one 32-bit word. Six levels are 2^30 ticks (12.4 days), so that inside such
// an epoch all arithmetic is on small integers, whatever the absolute time; what is due in a later epoch waits in one list.
const SLOT_BITS = 5;
const SLOTS = 1 << SLOT_BITS;
const LEVELS = 6;
const EPOCH_MS = 2 ** (SLOT_BITS * LEVELS);

/** Which lists of the wheel hold timers. */
interface Occupancy {
  /** One word a level, one bit a slot. */
  readonly slots: Int32Array;
  /** The lists, of all kinds, that are not empty. */
  lists: number;
}

/** A list of the wheel beside its slots: what is due, or far away. */
class WheelList extends TimerList {
  protected readonly occupancy: Occupancy;

  constructor(occupancy: Occupancy) {
    super();
    this.occupancy = occupancy;
  }
  override filled(): void {
    this.occupancy.lists++;
  }
  override emptied(): void {
    this.occupancy.lists--;
  }
}

class Slot extends WheelList {
  readonly #level: number;
  readonly #bit: number;

  constructor(occupancy: Occupancy, level: number, index: number) {
    super(occupancy);
    this.#level = level;
    this.#bit = 1 << index;
  }
  override filled(): void {
    super.filled();
    this.occupancy.slots[this.#level]! |= this.#bit;
  }
  override emptied(): void {
    super.emptied();
    this.occupancy.slots[this.#level]! &= ~this.#bit;
  }
}

/**
 * A hierarchical timing wheel in ticks of 1 ms: inserting and removing a timer is O(1) and allocates nothing; moving time is bounded
 * by the occupied slots and their timers, not by the milliseconds passed. Pure arithmetic over the times handed in.
 *
 * A timer lies on the level of the highest digit (base 32) in which its tick differs from the present one. So a slot is never behind
 * the present, the lowest occupied level holds what comes first, and timers of one tick keep the order they were inserted in.
 *
 * A timer expires at the first tick at or after its `dueAt`: never early, late by less than a tick. Within a tick the order is that
 * of insertion, not of `dueAt`.
 * @see Varghese and Lauck, Hashed and Hierarchical Timing Wheels (SOSP 1987), scheme 7
 */
export class TimerWheel {
  readonly #occupancy: Occupancy = { slots: new Int32Array(LEVELS), lists: 0 };
  /** Each made when it is first needed: every process has a wheel, and most of them never look far ahead. */
  readonly #slots: (Slot | undefined)[] = new Array<Slot | undefined>(LEVELS * SLOTS).fill(undefined);
  /** What is due but has not been handed out. */
  readonly #due = new WheelList(this.#occupancy);
  /** What is being handed out; apart from `#due`, which takes what is inserted meanwhile. */
  readonly #expiring = new WheelList(this.#occupancy);
  /** What is due in a later epoch. */
  readonly #later = new WheelList(this.#occupancy);
  /** No timer in `#later` has an earlier tick. */
  #laterTick = 0;
  /** On its way to other lists. */
  readonly #moving = new TimerList();

  /** The present tick is `#epochStart + #cursor`, with `0 <= #cursor < EPOCH_MS`. */
  #epochStart = 0;
  #cursor = 0;

  /** @param startMs the present time, in the milliseconds of `Timer.dueAt`. */
  constructor(startMs: number) {
    this.#moveTo(Math.floor(startMs));
  }

  get isEmpty(): boolean {
    return this.#occupancy.lists === 0;
  }

  /** The earliest of the timers found due and not handed out yet. */
  get firstDue(): Timer | undefined {
    return this.#due.first;
  }

  /**
   * No timer is due before this time, in milliseconds; `Infinity` if there is none, in the past if one is due already. It is the
   * start of a slot: a timer far away costs whoever wakes up then at most five wake-ups, and one every 12.4 days, before its own.
   */
  get nextAt(): number {
    if (this.#due.isEmpty && this.#expiring.isEmpty) return this.#nextStart();
    return this.#epochStart + this.#cursor;
  }

  /** Takes a timer that is in no list, with a finite `dueAt`. One that is due already is handed out at the next `expire`. */
  insert(timer: Timer): void {
    const tick = Math.ceil(timer.dueAt);
    const offset = tick - this.#epochStart;
    if (offset <= this.#cursor) {
      this.#due.append(timer);
    } else if (offset >= EPOCH_MS) {
      if (this.#later.isEmpty || tick < this.#laterTick) this.#laterTick = tick;
      this.#later.append(timer);
    } else {
      const level = Math.floor((31 - Math.clz32(offset ^ this.#cursor)) / SLOT_BITS);
      const index = slotIndex(level, offset);
      (this.#slots[index] ??= new Slot(this.#occupancy, level, index % SLOTS)).append(timer);
    }
  }

  /** Takes a timer out; nothing happens if it is in no list. */
  remove(timer: Timer): void {
    unlink(timer);
  }

  /** Moves time forward and puts aside what has become due; earlier times than before change nothing. */
  advance(nowMs: number): void {
    const target = Math.floor(nowMs);
    for (let start = this.#nextStart(); start <= target; start = this.#nextStart()) {
      const level = this.#lowestLevel();
      this.#moveTo(start);
      if (level === 0) {
        this.#slots[slotIndex(0, this.#cursor)]!.moveTo(this.#due);
      } else {
        const list = level === LEVELS ? this.#later : this.#slots[slotIndex(level, this.#cursor)]!;
        list.moveTo(this.#moving);
        for (let timer = this.#moving.takeFirst(); timer !== undefined; timer = this.#moving.takeFirst()) {
          this.insert(timer);
        }
      }
    }
    if (target > this.#epochStart + this.#cursor) this.#moveTo(target);
  }

  /**
   * Hands out what the last `advance` found due, in the order of their ticks. The timers may be removed and others inserted
   * meanwhile; what is inserted already due is for the next time, so this ends. After a throw the rest is for the next time, too.
   */
  expire(handOut: (timer: Timer) => void): void {
    this.#due.moveTo(this.#expiring);
    for (let timer = this.#expiring.takeFirst(); timer !== undefined; timer = this.#expiring.takeFirst()) handOut(timer);
  }

  #moveTo(tick: number): void {
    this.#epochStart = Math.floor(tick / EPOCH_MS) * EPOCH_MS;
    this.#cursor = tick - this.#epochStart;
  }

  /** The lowest level that holds timers; `LEVELS` if none does. */
  #lowestLevel(): number {
    const { slots } = this.#occupancy;
    let level = 0;
    while (level < LEVELS && slots[level] === 0) level++;
    return level;
  }

  /** The first tick of the slot, or the epoch, that comes next. */
  #nextStart(): number {
    const level = this.#lowestLevel();
    if (level === LEVELS) {
      return this.#later.isEmpty ? Number.POSITIVE_INFINITY : Math.floor(this.#laterTick / EPOCH_MS) * EPOCH_MS;
    }
    const occupied = this.#occupancy.slots[level]!;
    const index = 31 - Math.clz32(occupied & -occupied); // the lowest bit
    const shift = level * SLOT_BITS;
    const digitsAbove = this.#cursor & (-SLOTS << shift);
    return this.#epochStart + digitsAbove + (index << shift);
  }
}

/** Where the slot of a tick lies, the tick counted from the start of its epoch. */
function slotIndex(level: number, offset: number): number {
  return level * SLOTS + ((offset >>> (level * SLOT_BITS)) & (SLOTS - 1));
}
