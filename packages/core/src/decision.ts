/** What one policy did about one call, on the way to its end. */
export interface Decision {
  /** When, in the clock's monotonic milliseconds. */
  readonly at: number;
  readonly pipeline: string;
  readonly policy: string;
  /** The attempt it was about. */
  readonly attempt: number;
  /**
   * | word | meaning | `ms` | `reason` |
   * |---|---|---|---|
   * | `waited` | kept the call in a queue | for so long | – |
   * | `refused` | did not admit it | – | the error's code or name |
   * | `timed_out` | ended it, or one attempt | after so long | the error's code |
   * | `retried` | calls again | after so long | the failure's code or name |
   * | `gave_up` | does not call again | – | why not, such as `budget` |
   * | `hedged` | began one more attempt | after so long | – |
   * | `answered` | answered in place of the operation | – | the failure's code or name, or where from |
   * | `joined` | let it share a call that was running | – | – |
   * | `omitted` | more decisions than a trail holds | – | how many |
   *
   * A policy of your own may use words of its own.
   */
  readonly did:
    | 'waited'
    | 'refused'
    | 'timed_out'
    | 'retried'
    | 'gave_up'
    | 'hedged'
    | 'answered'
    | 'joined'
    | 'omitted'
    | (string & {});
  readonly reason: string | undefined;
  readonly ms: number | undefined;
}

/** What a call without any decision has: nothing is made for it. */
export const NO_DECISIONS: readonly Decision[] = Object.freeze([]);
