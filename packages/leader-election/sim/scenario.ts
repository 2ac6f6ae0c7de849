/** All that a simulated run is made of, as plain data: a run is a function of it, and a smaller one is found by leaving things out. */
export interface Scenario {
  readonly seed: number;
  readonly nodes: readonly NodePlan[];
  readonly network: NetworkPlan;
  readonly store: StorePlan;
  readonly work: WorkPlan;
  readonly incidents: readonly Incident[];
  /** True time from which nothing goes wrong any more; then the exam follows. */
  readonly calmAtMs: number;
  readonly exam: Exam;
}

export interface Timing {
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
  readonly requestTimeoutMs: number;
  readonly drainTimeoutMs: number;
  readonly clockJumpMs: number;
  readonly rankDelayMs: number;
}

export interface NodePlan {
  readonly timing: Timing;
  readonly rank: number;
  /** Milliseconds on its clocks for each true one. */
  readonly rate: number;
  /** How far its wall clock is off. */
  readonly wallOffsetMs: number;
  readonly startsAtMs: number;
  /** It follows the election and takes no part. */
  readonly observes: boolean;
}

/** What may befall a message. A ratio is a chance for each; delays are for one way. */
export interface NetworkPlan {
  readonly maxDelayMs: number;
  readonly slowRatio: number;
  readonly slowMaxMs: number;
  readonly dropRequestRatio: number;
  readonly dropReplyRatio: number;
  readonly duplicateRatio: number;
  /** A request that lies about, and arrives long after anybody waits for it. */
  readonly lingerRatio: number;
  readonly lingerMaxMs: number;
}

export interface StorePlan {
  /** Whether changes are told as they are, or only that there was one, or not at all. */
  readonly watch: 'changes' | 'hints' | 'none';
  /** Whether it counts the lease down by a clock of its own, and refuses it to others until then. */
  readonly clock: boolean;
  readonly rate: number;
  readonly lagMaxMs: number;
  readonly dropChangeRatio: number;
  readonly duplicateChangeRatio: number;
  /** Time between signs of life on a stream; 0 for none. */
  readonly aliveEveryMs: number;
  /** Chance of each request to fail with any of the faults, in good times. */
  readonly faultRatio: number;
}

export interface WorkPlan {
  readonly maxGapMs: number;
  /** Pauses between `assertLeader()` and the write. */
  readonly pauseRatio: number;
  readonly pauseMaxMs: number;
  /** Share of terms whose work ends later than the drain time-out, and that never end while things go wrong. */
  readonly lateRatio: number;
  readonly hangRatio: number;
  /** Chance at each step of the work that it returns, or throws. */
  readonly endRatio: number;
}

export type Fault = 'silence' | 'refusal' | '401' | '403' | '422' | '429' | '5xx' | 'stale';
export type Cut = 'both' | 'requests' | 'replies';

/** Some moments are short, and chance seldom meets them: an incident that aims waits for the next request of this kind of its node. */
export type Aim = 'acquire' | 'renew' | 'release';

export type Incident = { readonly atMs: number; readonly aim?: Aim } & (
  | { readonly type: 'crash' | 'stall' | 'sleep' | 'stop'; readonly node: number; readonly forMs: number }
  | { readonly type: 'step'; readonly node: number; readonly byMs: number }
  | { readonly type: 'cut'; readonly node: number; readonly way: Cut; readonly forMs: number }
  | { readonly type: 'slow'; readonly node: number; readonly byMs: number; readonly forMs: number }
  | { readonly type: 'resign' | 'point'; readonly node: number; readonly to: number }
  | { readonly type: 'rank'; readonly node: number; readonly rank: number }
  | { readonly type: 'deafen'; readonly node: number }
  | { readonly type: 'outage'; readonly fault: Fault; readonly forMs: number }
  | { readonly type: 'reserve'; readonly forMs: number }
  | { readonly type: 'hang_up' | 'delete' | 'annotate' | 'clear' }
);

/** What is tried once all is calm and one leads: see exams.ts. */
export type Exam = 'quiet' | 'crash' | 'stop' | 'resign' | 'isolate' | 'blip' | 'cold' | 'jump' | 'deaf';
