import type { Answer, Failure } from './elector/inputs.ts';
import type { Lease, LeaseRecord } from './lease.ts';
import { LeaseStoreError } from './store.ts';
import type { LeaseStore } from './store.ts';

type Report = (request: number, answer: Answer) => void;

/** An elector's requests at its store. Each is answered once, or cancelled and not heard of again. */
export class Requests {
  readonly #store: LeaseStore;
  readonly #name: string;
  readonly #report: Report;
  readonly #open = new Map<number, AbortController>();

  constructor(store: LeaseStore, name: string, report: Report) {
    this.#store = store;
    this.#name = name;
    this.#report = report;
  }

  read(request: number): void {
    this.#send(request, async (signal) => ({ type: 'read', lease: (await this.#store.read(this.#name, signal)) ?? undefined }));
  }

  write(request: number, seen: Lease | undefined, next: LeaseRecord): void {
    this.#send(request, async (signal) => {
      const lease = (await this.#store.write(this.#name, seen, next, signal)) ?? undefined;
      return lease === undefined ? { type: 'conflict' } : { type: 'written', lease };
    });
  }

  cancel(request: number): void {
    const controller = this.#open.get(request);
    this.#open.delete(request);
    controller?.abort();
  }

  #send(request: number, ask: (signal: AbortSignal) => Promise<Answer>): void {
    const controller = new AbortController();
    this.#open.set(request, controller);
    const settle = (answer: Answer): void => {
      if (this.#open.delete(request)) this.#report(request, answer);
    };
    ask(controller.signal).then(settle, (error: unknown) => settle({ type: 'failed', ...failureOf(error) }));
  }
}

/** What a store throws that is no error of its contract may have happened at any point. */
function failureOf(error: unknown): Failure {
  if (!isStoreError(error)) return { fault: 'unreachable', mayBeWritten: true, retryAfterMs: undefined, error };
  const { fault, mayBeWritten, retryAfterMs = Number.NaN } = error;
  return { fault, mayBeWritten, retryAfterMs: retryAfterMs >= 0 ? retryAfterMs : undefined, error };
}

/** By name: a store of one's own may come with a copy of this package. */
function isStoreError(error: unknown): error is LeaseStoreError {
  return error instanceof LeaseStoreError || (error instanceof Error && error.name === 'LeaseStoreError');
}
