/** How a ladder climbs. Lengths in milliseconds. */
export interface ClimbSettings {
  readonly afterMs: number;
  readonly factor: number;
  readonly capMs: number;
  readonly jitterRatio: number;
  readonly resetAfterMs: number;
  readonly rampMs: number;
  readonly startRatio: number;
}

/** What the signals, and the calls themselves, say at one moment. */
export interface Demand {
  /** The index of the best level that may be served: whatever is better has to be left now. 0 if all is well. */
  readonly needed: number;
  /** That of the best level that may be climbed to: `needed`, or a lower level that something may be about to demand. */
  readonly held: number;
  /** Whether more calls may try the better level, or only as many as do. */
  readonly mayGrow: boolean;
}

/**
 * | kind | what happened |
 * |---|---|
 * | `fell` | from a level to a lower one |
 * | `probed` | a share of the calls tries the level above: still at `from`, on the way to `to` |
 * | `relapsed` | that was given up: still at `from`, after an attempt at `to` |
 * | `climbed` | to the level above |
 * | `pinned` | an operator has said so |
 */
export interface Move {
  readonly kind: 'fell' | 'probed' | 'relapsed' | 'climbed' | 'pinned';
  readonly from: number;
  readonly to: number;
}

const NEVER = Number.NEGATIVE_INFINITY;
/** Of the ramp, which the time between two looks counts for at most: what was not tried was not proven. */
const LONGEST_STEP_RATIO = 0.1;
/** Ten steps of a tenth are, in binary, a little less than one. */
const FULL_RATIO = 1 - 1e-9;

/**
 * The level of a ladder and all that moves it, over times and demands handed in: it reads no clock and tells nobody.
 *
 * Down: at once, and as far as is demanded. Up: one level at a time, after `afterMs` without anything against it, and gradually: a
 * share of the calls tries the better level, which grows to all of them within `rampMs`. If it goes down again, in or soon after that
 * ramp, the wait for the next attempt grows by `factor`.
 *
 * Each move begins a new `generation`: calls begun before it say nothing about what is served now.
 */
export class LadderState {
  /** 0 is the best. */
  level: number = 0;
  generation: number = 0;
  pinned: boolean = false;
  /** How often in a row an attempt to climb has ended in going down again. */
  relapses: number = 0;
  settings: ClimbSettings;
  readonly #random: () => number;
  /** Of the ramp; `undefined` if no level is being tried. */
  #progressRatio: number | undefined = undefined;
  /** Since when nothing is against climbing. */
  #calmSince: number | undefined = undefined;
  /** When it was climbing last. */
  #climbingAt: number = NEVER;
  /** Whether it has climbed, or begun to, since it went down. */
  #triedSinceFall: boolean = false;
  #steppedAt: number;
  /** The jitter of the present wait, drawn when it began. */
  #jitter: number = 0;

  constructor(settings: ClimbSettings, random: () => number, nowMs: number) {
    this.settings = settings;
    this.#random = random;
    this.#steppedAt = nowMs;
  }

  get climbing(): boolean {
    return this.#progressRatio !== undefined;
  }

  /** Share of the calls served at the level above: 0 unless one is being tried. */
  get share(): number {
    const { startRatio } = this.settings;
    return this.#progressRatio === undefined ? 0 : startRatio + (1 - startRatio) * this.#progressRatio;
  }

  /** How long nothing must be against climbing before the next attempt. */
  get waitMs(): number {
    const { afterMs, factor, capMs, jitterRatio } = this.settings;
    return Math.min(capMs, afterMs * factor ** this.relapses) * (1 + jitterRatio * this.#jitter);
  }

  /** How much of that is left if all stays calm; 0 while none is due. */
  waitsForMs(nowMs: number): number {
    if (this.level === 0 || this.climbing || this.pinned) return 0;
    return Math.max(0, this.waitMs - (nowMs - (this.#calmSince ?? nowMs)));
  }

  /** The level one call is served at. */
  draw(): number {
    return this.#progressRatio !== undefined && this.#random() < this.share ? this.level - 1 : this.level;
  }

  /**
   * Takes in what is demanded now. One move at most, however long ago the last step was.
   * @param nowMs not before the last one.
   */
  step({ needed, held, mayGrow }: Demand, nowMs: number): Move | undefined {
    const elapsedMs = nowMs - this.#steppedAt;
    this.#steppedAt = nowMs;
    if (this.pinned) return undefined;
    if (needed > this.level) return this.#fall('fell', needed);
    if (this.climbing) {
      if (needed === this.level) return this.#fall('relapsed', needed);
      return this.#grow(mayGrow && held < this.level ? elapsedMs : 0, nowMs);
    }
    if (this.level === 0 || held >= this.level) {
      this.#calmSince = undefined;
      return undefined;
    }
    this.#calmSince ??= nowMs;
    return nowMs - this.#calmSince >= this.waitMs ? this.#probe(nowMs) : undefined;
  }

  /** Holds a level, whatever is demanded, until `unpin`. */
  pin(level: number): Move {
    const move = { kind: 'pinned', from: this.level, to: level } as const;
    this.pinned = true;
    this.relapses = 0;
    this.#triedSinceFall = false;
    this.#settle(level);
    return move;
  }

  /** Goes on from the level it was pinned to: down at once, or up as after a fall. */
  unpin(): void {
    this.pinned = false;
  }

  #fall(kind: 'fell' | 'relapsed', to: number): Move {
    const from = this.level;
    // What falls further during the same outage is no relapse, nor is it the end of one.
    if (this.#triedSinceFall) {
      this.relapses = this.#steppedAt - this.#climbingAt < this.settings.resetAfterMs ? this.relapses + 1 : 0;
    }
    this.#triedSinceFall = false;
    this.#settle(to);
    return { kind, from, to: kind === 'fell' ? to : from - 1 };
  }

  #probe(nowMs: number): Move {
    this.#climbingAt = nowMs;
    this.#triedSinceFall = true;
    if (this.settings.rampMs === 0) return this.#climb();
    this.#progressRatio = 0;
    this.generation++;
    return { kind: 'probed', from: this.level, to: this.level - 1 };
  }

  #grow(elapsedMs: number, nowMs: number): Move | undefined {
    this.#climbingAt = nowMs;
    const { rampMs } = this.settings;
    this.#progressRatio! += rampMs === 0 ? 1 : Math.min(elapsedMs / rampMs, LONGEST_STEP_RATIO);
    return this.#progressRatio! < FULL_RATIO ? undefined : this.#climb();
  }

  #climb(): Move {
    const from = this.level;
    this.#settle(from - 1);
    return { kind: 'climbed', from, to: from - 1 };
  }

  /** Every change of level ends here, and every ramp. */
  #settle(level: number): void {
    this.level = level;
    this.generation++;
    this.#progressRatio = undefined;
    this.#calmSince = undefined;
    this.#jitter = this.#random();
  }
}
