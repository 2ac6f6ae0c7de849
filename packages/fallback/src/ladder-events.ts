import type { EventBase } from '@holdfast/core';

/** What all events of a ladder say. */
export interface LadderEvent extends EventBase {
  /** Name of the ladder. */
  readonly policy: string;
}

export interface LadderCallEvent extends LadderEvent {
  readonly callId: number;
  readonly pipeline: string;
}

declare module '@holdfast/core' {
  interface HoldfastEvents {
    /** Another level from now on. Published when a call comes or the level is read, not when a signal changes. */
    'ladder.changed': LadderEvent & {
      readonly from: string;
      readonly to: string;
      /** The name of a signal, `failureRatio` or `slowRatio` on the way down; `recovered` on the way up; `pinned`. */
      readonly reason: string;
      /** What the signal read, or the ratio; 0 on the way up and when pinned. */
      readonly severity: number;
    };
    /** A share of the calls tries the level above; `level` is still the ladder's own. */
    'ladder.probed': LadderEvent & { readonly level: string; readonly tried: string; readonly share: number };
    /** That was given up: the level stays as it was. */
    'ladder.relapsed': LadderEvent & {
      readonly level: string;
      readonly tried: string;
      readonly reason: string;
      readonly severity: number;
      /** How long nothing must be against it before the next attempt, in milliseconds. */
      readonly waitMs: number;
    };
    /** An operator holds a level, or lets go of it. */
    'ladder.pinned': LadderEvent & { readonly level: string };
    'ladder.unpinned': LadderEvent & { readonly level: string };
    /** A level answered in place of the inside. `error` is why no better one did; `undefined` if none was asked. */
    'ladder.answered': LadderCallEvent & { readonly level: string; readonly error: unknown };
    /** A level was asked and did not answer: its answer threw `error`, or there was none for this call (`undefined`). */
    'ladder.missed': LadderCallEvent & { readonly level: string; readonly error: unknown };
    /** A signal could not be read, for the first time or again; its last reading stands. */
    'ladder.signal-failed': LadderEvent & { readonly signal: string; readonly error: unknown };
  }
}
