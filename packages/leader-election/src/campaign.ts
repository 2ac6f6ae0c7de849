import { Candidate } from './candidate.ts';
import type { CandidateHost } from './candidate.ts';
import type { Instant } from './elector/instant.ts';
import type { ElectionSettings } from './election-options.ts';
import type { Leader } from './leader.ts';
import { Term } from './term.ts';

/** What is done in each term. */
export interface Job {
  readonly work: (term: Term) => unknown;
  readonly onFailure: ((error: unknown, term: Term) => unknown) | undefined;
}

interface Running extends Job {
  stopping: boolean;
  /** Settles when the lease has been left. */
  readonly over: PromiseWithResolvers<void>;
  /** Wakes the campaign with the next term, or with none when all is over. */
  next: PromiseWithResolvers<Term | undefined>;
}

/** A candidate for a lease, and the work of its terms: one after the other, and never two at a time. */
export class Campaign {
  readonly candidate: Candidate;
  readonly #name: string;
  #running: Running | undefined = undefined;
  #term: Term | undefined = undefined;
  /** Of the last term; an earlier run may have been stopped without waiting for it. */
  #lastWork: Promise<unknown> = Promise.resolve();
  /** When the last good write was sent for a term whose work was left behind, until that settles. */
  #leftBehind: Instant | undefined = undefined;

  constructor(settings: ElectionSettings, leaderChanged: CandidateHost['leaderChanged']) {
    this.#name = settings.name;
    this.candidate = new Candidate(settings, {
      begin: (termId, token) => this.#begin(termId, token),
      abort: (_termId, reason) => this.#term?.end(reason),
      leaderChanged,
      finished: (leftBehind) => this.#finished(leftBehind),
    });
  }

  /** Whether `assertLeader` of the present term would return. */
  get isHeld(): boolean {
    return this.#term !== undefined && this.#term.remainingMs() > 0;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  get leader(): Leader | undefined {
    return this.candidate.isIdle ? undefined : this.candidate.leader();
  }

  /** When the last good write was sent for the term whose work may be going on; `undefined` when none is. */
  get workingSince(): Instant | undefined {
    const { role } = this.candidate.elector.state;
    return role.kind === 'leading' || role.kind === 'draining' ? role.tenure.confirmed : this.#leftBehind;
  }

  /** Campaigns until stopped; the work runs in the async context of whoever calls this. */
  async run(job: Job): Promise<void> {
    const over = Promise.withResolvers<void>();
    const running: Running = { ...job, stopping: false, over, next: Promise.withResolvers() };
    this.#running = running;
    try {
      await Promise.race([this.#lastWork, over.promise]);
      if (running.stopping) return;
      this.candidate.tell({ type: 'start', candidate: true });
      await Promise.race([over.promise, this.#workOn(running)]);
    } finally {
      this.#running = undefined;
      over.resolve();
    }
  }

  /** Has `run` end. @param heir is who takes the lease next, if it is not left to chance. */
  stop(heir?: string): void {
    const running = this.#running;
    if (running === undefined || running.stopping) return;
    running.stopping = true;
    if (this.candidate.isIdle) return running.over.resolve();
    this.candidate.tell(heir === undefined ? { type: 'stop' } : { type: 'stop', to: heir });
  }

  async #workOn(running: Running): Promise<void> {
    for (;;) {
      const term = await running.next.promise;
      if (term === undefined) return;
      running.next = Promise.withResolvers();
      const working = this.#workIn(term, running);
      this.#lastWork = working;
      const failed = await working;
      this.#leftBehind = undefined;
      if (this.#running !== running) return; // it was stopped without waiting for this
      this.candidate.tell({ type: 'worked', failed });
    }
  }

  async #workIn(term: Term, { work, onFailure }: Job): Promise<boolean> {
    if (term.signal.aborted) return false; // it ended before it could begin
    try {
      await work(term);
      return false;
    } catch (error) {
      if (term.signal.aborted) return false; // it was told to end, and this is how it does
      this.candidate.publish({ type: 'term.failed', token: term.token, error });
      void report(onFailure, error, term);
      return true;
    }
  }

  #begin(termId: string, token: bigint): void {
    this.#term = new Term(this.#name, termId, token, this.candidate);
    this.#running!.next.resolve(this.#term);
  }

  #finished(leftBehind: Instant | undefined): void {
    if (leftBehind !== undefined) this.#leftBehind = leftBehind; // what only observed leaves nothing, and may end meanwhile
    this.#term = undefined;
    this.#running?.next.resolve(undefined);
    this.#running?.over.resolve();
  }
}

/** A callback that throws, or rejects, has failed at telling, which is its own matter, as with every listener; the election goes on. */
async function report(onFailure: Job['onFailure'], error: unknown, term: Term): Promise<void> {
  try {
    await onFailure?.(error, term);
  } catch {}
}
