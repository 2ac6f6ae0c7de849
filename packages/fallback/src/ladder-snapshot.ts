import type { SignalSnapshot } from './ladder-panel.ts';
import type { LevelCounts } from './level-window.ts';

/** A ladder at one moment, as plain JSON. */
export interface LadderSnapshot {
  readonly policy: string;
  readonly kind: 'ladder';
  readonly level: string;
  /** 0 is the best. */
  readonly index: number;
  /** An operator holds this level. */
  readonly pinned: boolean;
  /** Share of the calls that try the level above; 0 unless it is climbing. */
  readonly climbingRatio: number;
  /** Milliseconds until it begins to climb if all stays calm; 0 at the best level, while climbing and while pinned. */
  readonly climbsInMs: number;
  /** How often in a row it went down again during or soon after climbing. */
  readonly relapses: number;
  /** Calls at the present level, or at the one it climbs to, that ran the inside. */
  readonly window: LevelCounts;
  /** The best first, with how many calls each has served so far. */
  readonly levels: readonly { readonly name: string; readonly served: number }[];
  readonly signals: readonly SignalSnapshot[];
}
