import type { TermEntry } from './book.ts';
import type { Chance } from './chance.ts';
import type { Machine } from './machine.ts';
import type { WorkPlan } from './scenario.ts';

export interface WorkHost {
  readonly machine: Machine;
  /** Sends a write to the fenced resource. */
  write(term: TermEntry): void;
  /** Asks the term whether it leads, at this moment. */
  asserts(term: TermEntry): boolean;
  settled(work: Work, failed: boolean): void;
}

/** How long work takes to notice that its signal was aborted and to end, if it behaves. */
const PROMPT_MS = 100;

/** The work of one term: asserts, writes, pauses in between at times, and ends when it is told to; or late, or never, or by itself. */
export class Work {
  readonly term: TermEntry;
  readonly #plan: WorkPlan;
  readonly #chance: Chance;
  readonly #host: WorkHost;
  #over = false;
  #calm: boolean;

  constructor(term: TermEntry, plan: WorkPlan, chance: Chance, host: WorkHost, calm: boolean) {
    this.term = term;
    this.#plan = plan;
    this.#chance = chance;
    this.#host = host;
    this.#calm = calm;
  }

  start(): void {
    if (this.term.aborted === undefined) this.#goOn();
    else this.#settle(false);
  }

  abort(): void {
    const endMs = this.#endMs();
    if (endMs === 0) this.#settle(this.#chance.hits(0.5));
    else if (endMs < Number.POSITIVE_INFINITY) this.#endAfter(endMs);
  }

  /** Nothing goes wrong any more, here neither. */
  calmDown(): void {
    this.#calm = true;
    if (this.term.aborted !== undefined) this.#endAfter(PROMPT_MS);
  }

  #endAfter(ms: number): void {
    this.#host.machine.timer(ms, () => this.#settle(this.#chance.hits(0.5)));
  }

  #goOn(): void {
    const { maxGapMs, endRatio } = this.#plan;
    this.#host.machine.timer(this.#chance.between(50, maxGapMs), () => {
      if (this.#over) return;
      if (!this.#calm && this.#chance.hits(endRatio)) return this.#settle(this.#chance.hits(0.5));
      this.#step();
      this.#goOn();
    });
  }

  #step(): void {
    if (!this.#host.asserts(this.term)) return;
    if (this.#calm || !this.#chance.hits(this.#plan.pauseRatio)) return this.#host.write(this.term);
    this.#host.machine.timer(this.#chance.between(0, this.#plan.pauseMaxMs), () => this.#host.write(this.term));
  }

  #endMs(): number {
    const { lateRatio, hangRatio } = this.#plan;
    const draw = this.#calm ? 1 : this.#chance.next();
    if (draw < hangRatio) return Number.POSITIVE_INFINITY;
    const { drainTimeoutMs } = this.term.timing;
    if (draw < hangRatio + lateRatio) return this.#chance.between(0, 3 * Math.min(drainTimeoutMs, 20_000));
    return this.#chance.hits(0.2) ? 0 : this.#chance.between(0, PROMPT_MS);
  }

  #settle(failed: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.#host.settled(this, failed);
  }
}
