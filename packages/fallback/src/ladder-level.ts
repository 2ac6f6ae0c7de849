import type { Clock, OutcomeKind } from '@holdfast/core';
import type { LadderLog } from './ladder-log.ts';
import { SignalPanel } from './ladder-panel.ts';
import type { LadderSettings } from './ladder-settings.ts';
import type { LadderSnapshot } from './ladder-snapshot.ts';
import { LadderState } from './ladder-state.ts';
import type { Move } from './ladder-state.ts';
import { judgeSettled, judgeTrial, mayGrow } from './level-verdict.ts';
import type { Cause } from './level-verdict.ts';
import { LevelWindow } from './level-window.ts';

/** Ticket of a call that shows nothing about the level being judged. */
const NO_TICKET = -1;
const RECOVERED: Cause = { reason: 'recovered', severity: 0 };
const PINNED: Cause = { reason: 'pinned', severity: 0 };

/** The level of one ladder: the state, fed with what the signals say and how the calls end. */
export class ServiceLevel {
  readonly state: LadderState;
  readonly #lowest: number;
  readonly #firstAnswering: number;
  readonly #clock: Clock;
  readonly #log: LadderLog;
  readonly #panel: SignalPanel;
  readonly #window: LevelWindow;
  #settings: LadderSettings;
  #lookAt: number;
  /** A signal, or a listener, may read the level itself. */
  #looking: boolean = false;

  constructor(
    settings: LadderSettings,
    levels: number,
    firstAnswering: number,
    clock: Clock,
    random: () => number,
    log: LadderLog,
  ) {
    const now = clock.now();
    this.state = new LadderState(settings.climb, random, now);
    this.#lowest = levels - 1;
    this.#firstAnswering = firstAnswering;
    this.#clock = clock;
    this.#log = log;
    this.#panel = new SignalPanel(settings.rules, (signal, error) => log.signalFailed(signal, error));
    this.#window = new LevelWindow(settings.windowMs, now);
    this.#settings = settings;
    this.#lookAt = now;
  }

  /** Looks at everything if the last look is old enough, and moves. */
  look(): void {
    if (this.#looking || this.#clock.turnNow() < this.#lookAt) return;
    this.#looking = true;
    try {
      const now = this.#clock.now();
      this.#lookAt = now + this.#settings.evaluateMs;
      this.#panel.read(now);
      this.#window.expire(now);
      this.#step(now);
    } finally {
      this.#looking = false;
    }
  }

  /** A call is about to run the inside at a level. */
  begin(served: number): number {
    const { climbing, level, generation } = this.state;
    if (climbing && served === level) return NO_TICKET;
    this.#window.tried++;
    return generation;
  }

  learn(ticket: number, kind: OutcomeKind): void {
    if (ticket === this.state.generation) this.#window.add(kind, this.#clock.turnNow());
  }

  pin(level: number): void {
    const move = this.state.pin(level);
    this.#moved(move, PINNED);
    this.#log.pinned(level);
  }

  unpin(): void {
    if (!this.state.pinned) return;
    this.state.unpin();
    this.#log.unpinned(this.state.level);
  }

  update(settings: LadderSettings): void {
    const now = this.#clock.now();
    if (settings.windowMs !== this.#settings.windowMs) this.#window.resize(settings.windowMs, now);
    this.#panel.replace(settings.rules);
    this.state.settings = settings.climb;
    this.#settings = settings;
    this.#lookAt = now;
  }

  snapshot(
    names: readonly string[],
  ): Pick<LadderSnapshot, 'pinned' | 'climbingRatio' | 'climbsInMs' | 'relapses' | 'window' | 'signals'> {
    const now = this.#clock.now();
    const { pinned, share, relapses } = this.state;
    this.#window.expire(now);
    const { served, slow, failed, refused } = this.#window;
    return {
      pinned,
      climbingRatio: share,
      climbsInMs: this.state.waitsForMs(now),
      relapses,
      window: { served, slow, failed, refused },
      signals: this.#panel.snapshot(names),
    };
  }

  #step(now: number): void {
    const own = this.#judge();
    const ownNeed = own === undefined ? 0 : this.state.level + (this.state.climbing ? 0 : 1);
    const { needed, held } = this.#panel;
    const demand = {
      needed: Math.max(needed, ownNeed),
      held: Math.max(held, ownNeed),
      mayGrow: mayGrow(this.#settings.verdict, this.#window),
    };
    const move = this.state.step(demand, now);
    if (move === undefined) return;
    const down = move.kind === 'fell' || move.kind === 'relapsed';
    const cause = ownNeed > needed ? own : this.#panel.worst();
    this.#moved(move, down ? cause! : RECOVERED);
  }

  /** What its own calls say: about the level that is tried, or else about the present one if there is a lower one. */
  #judge(): Cause | undefined {
    const { climbing, level } = this.state;
    const { verdict } = this.#settings;
    if (climbing) return level - 1 < this.#firstAnswering ? judgeTrial(verdict, this.#window) : undefined;
    return level < this.#firstAnswering && level < this.#lowest ? judgeSettled(verdict, this.#window) : undefined;
  }

  #moved(move: Move, cause: Cause): void {
    this.#window.reset();
    this.#log.moved(move, cause, this.state.share, this.state.waitMs);
  }
}
