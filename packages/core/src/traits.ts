/**
 * What a policy may do to a call at worst: the facts that {@link Explanation} is reckoned from. All lengths in milliseconds, `Infinity`
 * where nothing bounds them. What is left out does not apply.
 */
export interface PolicyTraits {
  /** The longest it makes a call wait before what is inside begins: a queue's time-out, for instance. */
  readonly waitMs?: number;
  /** The longest that what is inside may take, its own waits included. */
  readonly limitMs?: number;
  /** The limit only tells the operation, and waits for it. */
  readonly cooperative?: boolean;
  /** How often at most it runs what is inside for one call; 1 unless it says more. */
  readonly attempts?: number;
  /** The longest that all waits between these attempts take together. */
  readonly betweenMs?: number;
  /** The longest that the other side may stretch these waits to, by asking for patience (`Retry-After`). */
  readonly askedMs?: number;
  /** The attempts run side by side, so that the last one to begin is the last to end. */
  readonly parallel?: boolean;
  /** It repeats only calls that are not repeated already by a policy around it: so its attempts and theirs add up, and do not multiply. */
  readonly firstOnly?: boolean;
  /** Over many calls that all fail, the extra attempts are at most this share of the calls: a retry budget's. */
  readonly extraRatio?: number;
  /** The longest that an answer of its own, in place of a failure, takes to make; 0 for one that is there already. */
  readonly answerMs?: number;
  /** It judges the dependency by the outcomes it sees, as a circuit breaker does. */
  readonly judges?: boolean;
  /** It holds something scarce, such as a permit, for as long as what is inside lasts. */
  readonly holds?: boolean;
  /** It may refuse calls for reasons that no other trait tells, such as a rate. */
  readonly refuses?: boolean;
  /** What it does is not known. */
  readonly unknown?: boolean;
  /** Answers slower than this count as slow. */
  readonly slowCallMs?: number;
}
