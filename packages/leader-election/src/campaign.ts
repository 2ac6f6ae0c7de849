import { Candidate } from './candidate.ts';
import type { CandidateHost } from './candidate.ts';
import type { ElectionSettings } from './election-options.ts';
import type { Leader } from './leader.ts';
import { Term } from './term.ts';

/** What is done in each term. */
export interface Job {
  readonly work: (term: Term) => unknown;
  readonly onFailure: ((error: unknown, term: Term) => void) | undefined;
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

  constructor(settings: ElectionSettings, leaderChanged: CandidateHost['leaderChanged']) {
    this.#name = settings.name;
    this.candidate = new Candidate(settings, {
      begin: (termId, token) => this.#begin(termId, token),
      abort: (_termId, reason) => this.#term?.end(reason),
      leaderChanged,
      finished: () => this.#finished(),
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

  /** @param heir is who takes the lease next, if it is not left to chance. @returns when `run` does, at once if it does not run. */
  async stop(heir?: string): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    if (!running.stopping) this.#stop(running, heir);
    await running.over.promise;
  }

  #stop(running: Running, heir: string | undefined): void {
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
      report(onFailure, error, term);
      return true;
    }
  }

  #begin(termId: string, token: bigint): void {
    this.#term = new Term(this.#name, termId, token, this.candidate);
    this.#running!.next.resolve(this.#term);
  }

  #finished(): void {
    this.#term = undefined;
    this.#running?.next.resolve(undefined);
    this.#running?.over.resolve();
  }
}

/** A callback that throws has failed at telling; the election goes on. */
function report(onFailure: Job['onFailure'], error: unknown, term: Term): void {
  try {
    onFailure?.(error, term);
  } catch {
    // Its own matter, as with every listener.
  }
}
