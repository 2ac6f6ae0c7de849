import type { GuardCall, OutcomeKind } from '../src/index.ts';
import { cameDueInStall } from '../src/stall.ts';

/** One time limit, as plain as can be: what the engine does must come to the same. */
export interface PlainLimit {
  readonly name: string;
  readonly depth: number;
  readonly delayMs: number;
  readonly dueAt: number;
  readonly cooperative: boolean;
  firedAt: number | undefined;
  closed: boolean;
}

interface Cut {
  depth: number;
  reason: string;
  /** Not where the clock alone knows what was a stall. */
  kind: OutcomeKind | undefined;
  cooperative: boolean;
}

const EPSILON_MS = 1e-6; // of adding fractions

/** The limits of one call, outermost first, each with an end of its own, fixed when it is set; and what they have cancelled. */
export class LimitLedger {
  readonly limits: PlainLimit[] = [];
  cut: Cut | undefined;
  fired = 0;
  /** The end of the last stall; `undefined` where the clock alone knows. */
  stalledUntil: number | undefined = Number.NEGATIVE_INFINITY;
  /** Within a tick of the clock no order is promised. */
  tickMs = 0;
  readonly problems: unknown[];
  readonly #now: () => number;

  constructor(now: () => number, problems: unknown[]) {
    this.#now = now;
    this.problems = problems;
  }

  set(call: GuardCall, depth: number, delayMs: number, cooperative: boolean): void {
    const name = `limit ${this.limits.length}`;
    const dueAt = this.#now() + delayMs;
    const limit: PlainLimit = { name, depth, delayMs, dueAt, cooperative, firedAt: undefined, closed: false };
    this.limits.push(limit);
    call.limit(delayMs, () => this.#fire(limit), cooperative);
  }

  /** The stage at `depth` is left. */
  close(depth: number): void {
    for (const limit of this.limits) if (limit.depth === depth) limit.closed = true;
    if (this.cut !== undefined && this.cut.depth >= depth) this.cut = undefined;
  }

  /** Those that hold, and may still do something. */
  get pending(): PlainLimit[] {
    return this.limits.filter((limit) => !limit.closed && limit.firedAt === undefined && !this.#isMoot(limit));
  }

  /** Those that are late by more than so much. */
  late(byMs: number): PlainLimit[] {
    const now = this.#now();
    return this.pending.filter(({ dueAt }) => dueAt + byMs < now);
  }

  get open(): PlainLimit[] {
    return this.limits.filter(({ closed }) => !closed);
  }

  #isMoot({ depth }: PlainLimit): boolean {
    const { cut } = this;
    return cut !== undefined && !cut.cooperative && depth >= cut.depth;
  }

  #kindOf({ dueAt, delayMs }: PlainLimit): OutcomeKind | undefined {
    if (this.stalledUntil === undefined) return undefined;
    return cameDueInStall(dueAt, delayMs, this.stalledUntil) ? 'stalled' : 'failure';
  }

  /** Never early, never twice, none that is over, and in the order of their ends: of those that end together the outermost first. */
  #fire(limit: PlainLimit): string {
    const now = this.#now();
    const first = this.pending.toSorted((a, b) => a.dueAt - b.dueAt)[0];
    const isFirst = first === limit || (first !== undefined && limit.dueAt - first.dueAt < this.tickMs);
    if (!isFirst) this.problems.push(new Error(`${limit.name} fired, and not ${first?.name}`));
    if (limit.dueAt > now + EPSILON_MS) this.problems.push(new Error(`${limit.name} fired early`));
    limit.firedAt = now;
    this.fired++;
    const { name: reason, depth, cooperative } = limit;
    const kind = this.#kindOf(limit);
    const { cut } = this;
    if (cut === undefined) this.cut = { depth, reason, kind, cooperative };
    else {
      cut.depth = Math.min(cut.depth, depth);
      cut.reason = reason;
      if (cut.kind !== 'stalled') cut.kind = kind;
      cut.cooperative &&= cooperative;
    }
    return reason;
  }
}

/** What a context made under these limits is to answer when asked for its deadline; of one that has fired, when it has. */
export function deadlineOf(limits: readonly PlainLimit[]): number {
  return Math.min(Number.POSITIVE_INFINITY, ...limits.map(({ dueAt, firedAt }) => firedAt ?? dueAt));
}
