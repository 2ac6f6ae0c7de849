import type { Agenda } from './agenda.ts';
import type { Chance } from './chance.ts';
import type { Cut, NetworkPlan } from './scenario.ts';

/** How one node reaches everybody else. */
export interface Link {
  cut: Cut | undefined;
  /** Added to every delay. */
  slowMs: number;
}

const MIN_DELAY_MS = 1;
/** What is left of all that may befall a message once all is calm. */
const CALM_DELAY_MS = 30;

/** Carries messages, or loses them, or brings them late, twice, in another order. */
export class Network {
  calm = false;
  readonly #plan: NetworkPlan;
  readonly #chance: Chance;
  readonly #agenda: Agenda;
  readonly #count: (what: string) => void;

  constructor(plan: NetworkPlan, chance: Chance, agenda: Agenda, count: (what: string) => void) {
    this.#plan = plan;
    this.#chance = chance;
    this.#agenda = agenda;
    this.#count = count;
  }

  /** @param serve makes the answer when the request arrives; none if `undefined`. */
  ask<T>(link: Link, serve: () => T | undefined, answered: (answer: T) => void): void {
    const copies = !this.calm && this.#chance.hits(this.#plan.duplicateRatio) ? 2 : 1;
    if (copies === 2) this.#count('request.duplicated');
    for (let copy = 0; copy < copies; copy++) this.#sendOne(link, serve, answered);
  }

  /** One way only: to the resource the work writes to. */
  tell(link: Link, arrived: () => void): void {
    if (this.#loses(link, 'requests', this.#plan.dropRequestRatio)) return;
    this.#agenda.after(this.#requestDelayMs(link), arrived);
  }

  delayMs(link: Link): number {
    if (this.calm) return this.#chance.between(MIN_DELAY_MS, Math.min(CALM_DELAY_MS, this.#plan.maxDelayMs));
    const { maxDelayMs, slowRatio, slowMaxMs } = this.#plan;
    const slowMs = this.#chance.hits(slowRatio) ? this.#chance.between(0, slowMaxMs) : 0;
    return this.#chance.between(MIN_DELAY_MS, maxDelayMs) + slowMs + link.slowMs;
  }

  #sendOne<T>(link: Link, serve: () => T | undefined, answered: (answer: T) => void): void {
    if (this.#loses(link, 'requests', this.#plan.dropRequestRatio)) return this.#count('request.lost');
    this.#agenda.after(this.#requestDelayMs(link), () => {
      const answer = serve();
      if (answer === undefined) return;
      if (this.#loses(link, 'replies', this.#plan.dropReplyRatio)) return this.#count('reply.lost');
      this.#agenda.after(this.delayMs(link), () => answered(answer));
    });
  }

  #loses({ cut }: Link, way: Cut, ratio: number): boolean {
    return cut === 'both' || cut === way || (!this.calm && this.#chance.hits(ratio));
  }

  #requestDelayMs(link: Link): number {
    const { lingerRatio, lingerMaxMs } = this.#plan;
    const lingers = !this.calm && this.#chance.hits(lingerRatio);
    if (lingers) this.#count('request.lingering');
    return this.delayMs(link) + (lingers ? this.#chance.between(1_000, lingerMaxMs) : 0);
  }
}
