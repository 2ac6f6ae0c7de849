import { withoutStack } from '@holdfast/core';
import type { TermEnd } from './elector/inputs.ts';
import type { Validity } from './elector/validity.ts';
import { guarded } from './guard.ts';
import { NotLeaderError } from './not-leader-error.ts';

/** How a term asks its elector how it stands, at this very moment. */
export interface TermStanding {
  validity(termId: string): Validity;
  remainingMs(termId: string): number;
  /** How long ago it could last be relied on. */
  lapsedByMs(termId: string): number;
  /** The clocks disagree: see to it at once. */
  doubt(): void;
}

/**
 * One stretch of leadership. It never comes back: a candidate that loses the lease and wins it again gets another term, with a greater
 * token and a signal of its own, even if nobody led in between.
 */
export class Term {
  /**
   * The fencing token: greater than that of every earlier term of this election. Send it along with every write, and have the resource
   * refuse one lower than the highest it has seen. That, and nothing on this side, stops a process that was paused between asking and
   * writing.
   */
  readonly token: bigint;
  readonly #election: string;
  readonly #termId: string;
  readonly #standing: TermStanding;
  readonly #controller = new AbortController();
  #end: TermEnd | undefined = undefined;

  constructor(election: string, termId: string, token: bigint, standing: TermStanding) {
    this.#election = election;
    this.#termId = termId;
    this.token = token;
    this.#standing = standing;
  }

  /** Aborts when the term ends, or is to end; its reason is a {@link NotLeaderError}. Always before anybody else may lead. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * Returns if this is the leader at this moment, by both clocks; costs two clock reads and no request. While work ends after a
   * `stop()` the lease is still held, and this still returns.
   * @throws {NotLeaderError}
   */
  assertLeader(): void {
    const validity = this.#standing.validity(this.#termId);
    if (validity === 'held') return;
    if (validity === 'uncertain') this.#standing.doubt();
    throw this.#error(validity === 'uncertain' ? 'uncertain' : (this.#end ?? 'lapsed'));
  }

  /** For how long `assertLeader` will return if no renewal comes, in milliseconds; 0 when it throws. */
  remainingMs(): number {
    return this.#standing.remainingMs(this.#termId);
  }

  /**
   * Runs `work` as the leader: asserts before, and again when it has settled, so that its result is only taken for the leader's if it
   * is. Does not undo what `work` has done.
   * @throws {NotLeaderError}
   */
  async run<T>(work: (signal: AbortSignal) => T | PromiseLike<T>): Promise<T> {
    this.assertLeader();
    const result = await work(this.signal);
    this.assertLeader();
    return result;
  }

  /**
   * The same client, which asserts leadership before each use: before each of its methods, and before it is called itself if it is a
   * function (`const sql = term.guard(postgres())`). What was asked for too late throws, also from a method that returns promises. It
   * does not look inside of objects and classes that the client has or returns: guard `prisma.user`, not `prisma`. No substitute for
   * the token.
   */
  guard<C extends object>(client: C): C {
    return guarded(client, () => this.assertLeader());
  }

  /** For the election: aborts the signal. Work may go on until it notices. */
  end(reason: TermEnd): void {
    if (this.#end !== undefined) return;
    this.#end = reason;
    this.#controller.abort(this.#error(reason));
  }

  #error(reason: TermEnd | 'uncertain'): NotLeaderError {
    const lapsedByMs = this.#standing.lapsedByMs(this.#termId);
    return withoutStack(() => new NotLeaderError(this.#election, reason, lapsedByMs));
  }
}
