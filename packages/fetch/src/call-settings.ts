import type { CallContext, Criticality } from '@holdfast/core';
import { anything, callback, durationMs, oneOf, readOptions, text } from '@holdfast/core/options';

/** What one call may say beside what `fetch` knows, as `init.holdfast`. It never reaches the real `fetch`. */
export interface FetchCallSettings {
  /** Bounds this call as a whole, in milliseconds, beside the `deadlineMs` it was made with: the shorter holds. */
  readonly deadlineMs?: number | undefined;
  /**
   * Whether a second request does no harm. `false` forbids retries altogether.
   * @default by method and `Idempotency-Key`: `true`, or retried only if the first one surely was not sent
   */
  readonly idempotent?: boolean | undefined;
  /** Whose breaker, bulkhead and budget it shares. @default by `keyOf`: the origin */
  readonly key?: string | undefined;
  /** @default the surrounding call's, or 'critical' */
  readonly criticality?: Criticality | undefined;
  /** Facts of your own for events and policies. @default the surrounding call's */
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
  /** The call this one is part of. @default the surrounding one, see `withCall` of `@holdfast/deadline` */
  readonly parent?: CallContext | undefined;
  /** Makes the body anew for each attempt, in place of `init.body`: lets a request be retried whose body is a stream. */
  readonly body?: (() => NonNullable<RequestInit['body']>) | undefined;
}

declare global {
  interface RequestInit {
    /** For this call alone; read and taken out by the functions that `resilientFetch` makes, ignored by any other `fetch`. */
    holdfast?: FetchCallSettings;
  }
}

const RULES = {
  deadlineMs: durationMs<number | undefined>(undefined),
  idempotent: anything<boolean | undefined>('true or false', undefined, (value) => typeof value === 'boolean'),
  key: text<string | undefined>(undefined),
  criticality: {
    ...oneOf(['critical_plus', 'critical', 'sheddable_plus', 'sheddable'], 'critical'),
    fallback: undefined as Criticality | undefined,
  },
  attributes: anything<FetchCallSettings['attributes']>(
    'an object',
    undefined,
    (value) => typeof value === 'object' && value !== null,
  ),
  parent: anything<CallContext | undefined>('the context of a running call', undefined),
  body: callback<FetchCallSettings['body']>('() => body', undefined),
};

const NONE: FetchCallSettings = Object.freeze({});

/** @throws {ConfigError} for a setting that is unknown or out of range. */
export function readCallSettings(policy: string, given: FetchCallSettings | undefined): FetchCallSettings {
  return given === undefined ? NONE : readOptions(policy, given, RULES);
}
