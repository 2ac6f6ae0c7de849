/**
 * What became of an attempt, said once; breaker, budget, limiter, metrics and traces all read this one word.
 *
 * | kind | what happened | blame on the dependency |
 * |---|---|---|
 * | `success` | it answered | – |
 * | `slow` | it answered, but took `slowCallMs` or longer | too slow |
 * | `failure` | it threw, answered with what `classify` calls a failure, or ran out of time | failed |
 * | `ignored` | `classify` says that it tells nothing about the dependency | none |
 * | `cancelled` | the caller gave up | none |
 * | `rejected` | one of our own policies refused it, or its time ran out in one of our queues | none |
 * | `stalled` | it ran out of time while our own event loop was blocked, for at least half that time | none |
 */
export type OutcomeKind = 'success' | 'slow' | 'failure' | 'ignored' | 'cancelled' | 'rejected' | 'stalled';

/** How a call, or one attempt of it, ended. A guard's `exit` reads it and may hand back another in its place. */
export class Outcome {
  declare readonly kind: OutcomeKind;
  /** Whether the call ends by throwing `error`; otherwise it ends with `value`, also when that value counts as a failure. */
  declare readonly threw: boolean;
  declare readonly value: unknown;
  declare readonly error: unknown;
  /** How long the operation ran, in milliseconds; `undefined` unless a guard is `timed` or somebody subscribed to events. */
  declare readonly durationMs: number | undefined;
  /**
   * Whether the operation was called in this attempt. `false` makes sure that nothing was begun; a `rejected` one that did run is
   * an operation that was itself refused by a pipeline it used.
   */
  declare readonly ran: boolean;

  constructor(kind: OutcomeKind, threw: boolean, value: unknown, error: unknown, durationMs?: number, ran: boolean = true) {
    this.kind = kind;
    this.threw = threw;
    this.value = value;
    this.error = error;
    this.durationMs = durationMs;
    this.ran = ran;
  }

  static returned(value: unknown, kind: OutcomeKind = 'success'): Outcome {
    return new Outcome(kind, false, value, undefined);
  }

  static thrown(error: unknown, kind: OutcomeKind = 'failure'): Outcome {
    return new Outcome(kind, true, undefined, error);
  }

  /** Nothing was begun: it was refused, or over before it came so far. */
  static notBegun(kind: OutcomeKind, error: unknown): Outcome {
    return new Outcome(kind, true, undefined, error, undefined, false);
  }
}
