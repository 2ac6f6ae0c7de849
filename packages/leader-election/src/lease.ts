/** What an elector writes into a lease. Times are wall-clock milliseconds, for people: no elector compares them with a clock of its own. */
export interface LeaseRecord {
  /** Identity of the candidate that leads; `''` when the lease is free. */
  readonly holder: string;
  /** Which term of which elector wrote this: unique over all electors and restarts, `''` when the lease is free. */
  readonly termId: string;
  /** Counts the writes of a term, from 0: tells a write whose reply was lost from the one before it. */
  readonly renewal: number;
  /** For how long the holder claims the lease from each write, in milliseconds. Others wait this long, whatever their own setting. */
  readonly durationMs: number;
  /** How often the holder has changed, for people. Starts again when a lease is deleted: not a fencing token. */
  readonly transitions: number;
  readonly acquiredAtMs: number;
  readonly renewedAtMs: number;
  /** Rank of the holder as a candidate; 0 is the most preferred. */
  readonly rank: number;
  /** Identity the lease is meant to go to next: a request while it is held, a reservation when it is free; `''` for none. */
  readonly handOffTo: string;
}

/** A lease as a store has it. */
export interface Lease extends LeaseRecord {
  /**
   * Greater at every write of this lease, across deletion and re-creation too. The revision of the write that began a term is the
   * term's fencing token.
   */
  readonly revision: bigint;
  /** For how long the store itself, by its own clock, still counts the lease as held: in milliseconds, not below 0. Absent without such a clock. */
  readonly remainingMs?: number;
  /** Why no elector may take this lease though it looks free: for instance, somebody else assigns it. Absent if there is no such thing. */
  readonly reservedBecause?: string;
  /** What the store must keep of it for the next write, such as fields of others. Nobody else looks inside. */
  readonly foreign?: unknown;
}
