/** Events that are not the daily course of things. A path has so many of them in all as its scope says. */
export type RareEvent =
  /** A request reaches the store, and a copy of it stays on the way. */
  | 'copy'
  /** The store, or the way to it, fails a request: known not to be written, perhaps written (both ways), throttled, invalid. */
  | 'fault'
  /** Time passes, longer than a lease lasts, and nobody takes a step. */
  | 'pause'
  | 'stop'
  | 'resign'
  /** Work returns that nobody has told to end. */
  | 'return'
  /** A process dies; it, or one that has stopped, starts again under the same identity. */
  | 'crash'
  /** The machine of one node sleeps longer than a lease lasts: its monotonic clock stands still, its wall clock does not. */
  | 'suspend'
  /** The wall clock of one node is set forward, or back, by an hour as it were. */
  | 'wallClock'
  /** An operator deletes the lease. S3 is not checked then: nobody tells the holder in time. */
  | 'delete'
  /** A watch ends, or begins again. */
  | 'stream';

/** What is looked through. */
export interface Scope {
  readonly name: string;
  readonly nodes: 2 | 3;
  /** Longest path, in steps. */
  readonly steps: number;
  /**
   * Where paths begin. `cold`: all have just started. `led`: the first leads, the others have seen it. `lost`: the first leads, and no
   * renewal of it has arrived for so long that the lease may be taken in one more millisecond. `unanswered`: the first leads, and the
   * others have seen a renewal of it whose answer is still on the way. `stopping`: the first leads and was told to stop.
   */
  readonly from: 'cold' | 'led' | 'lost' | 'unanswered' | 'stopping';
  /**
   * `together`: all clocks run at one rate, so that two leaders at a time would be a fault (S3). `apart`: each runs as it likes, and
   * any elector may be any time ahead of any other; what the fencing tokens promise must hold even so.
   */
  readonly clocks: 'together' | 'apart';
  readonly watch: boolean;
  /** One rank for each node; all 0 if absent. */
  readonly ranks?: readonly number[];
  readonly rare: readonly RareEvent[];
  readonly rareAtMost: number;
}
