import type { CallContext } from '@holdfast/core';

/**
 * The signal of one attempt, when the caller has signals of his own. While the attempt runs, the signal of its call aborts it; once the
 * response is in the caller's hands that call is over, and the caller's own signals abort what is left of the body.
 *
 * Not `AbortSignal.any`: composites stay registered with a source for as long as that lives, and a source is often the shutdown of the
 * process. Here a lifeline goes with the body it is for.
 */
export class Lifeline {
  readonly #controller = new AbortController();
  #callers: readonly AbortSignal[] = [];

  constructor(call: CallContext) {
    const { signal } = call;
    if (signal.aborted) this.#controller.abort(signal.reason);
    else signal.addEventListener('abort', () => this.#controller.abort(signal.reason), { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** From now on `callers` abort the body, until nobody can read it any more. */
  handOver({ body }: Response, callers: readonly AbortSignal[]): void {
    if (body === null) return;
    const aborted = callers.find((signal) => signal.aborted);
    if (aborted !== undefined) return this.#controller.abort(aborted.reason);
    this.#callers = callers;
    for (const signal of callers) join(signal, this);
    unreadable.register(body, this);
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
    this.release();
  }

  release(): void {
    for (const signal of this.#callers) leave(signal, this);
    this.#callers = [];
  }
}

/** Nothing tells when a body has been read to its end, except that it is gone. */
const unreadable = new FinalizationRegistry<Lifeline>((lifeline) => lifeline.release());

/** One listener for each signal, however many bodies: a signal looks through all of its listeners whenever it gets another. */
const followers = new WeakMap<AbortSignal, Set<Lifeline>>();

function join(signal: AbortSignal, lifeline: Lifeline): void {
  const together = followers.get(signal);
  if (together !== undefined) return void together.add(lifeline);
  followers.set(signal, new Set([lifeline]));
  signal.addEventListener('abort', abortFollowers);
}

function leave(signal: AbortSignal, lifeline: Lifeline): void {
  const together = followers.get(signal);
  if (together?.delete(lifeline) !== true || together.size > 0) return;
  followers.delete(signal);
  signal.removeEventListener('abort', abortFollowers);
}

function abortFollowers({ target }: Event): void {
  const signal = target as AbortSignal;
  for (const lifeline of followers.get(signal) ?? []) lifeline.abort(signal.reason);
}
