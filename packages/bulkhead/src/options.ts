import { ConfigError } from '@holdfast/core';
import type { CallContext, Clock, Criticality } from '@holdfast/core';
import { aClock, callback, count, durationMs, flag, oneOf, ratio, readOptions, text } from '@holdfast/core/options';

export interface BulkheadOptions {
  /** Shown in errors, events and snapshots. @default 'bulkhead' */
  readonly name?: string | undefined;
  /**
   * Permits: how much may run at once; a whole number of at least 1. By Little's law, permits = calls a second × seconds a call.
   * @default 25: 250 calls a second at 100 ms a call, and few enough that as many hung calls do a process no harm
   */
  readonly concurrency?: number | undefined;
  /**
   * Calls that may wait for a permit; 0 for none. The last in a queue as long as `concurrency` waits for about as long as one call
   * takes: enough for a burst, too short for a standing queue to cost much.
   * @default `concurrency`
   */
  readonly queue?: number | undefined;
  /**
   * The longest wait for a permit, in milliseconds, above 0 and `Infinity` if callers bound their calls themselves.
   * @default 1_000: half of a usual deadline of 2 s; who has waited so long had better hear no than come too late
   */
  readonly queueTimeoutMs?: number | undefined;
  /**
   * Who is served next, and who is refused when the queue is full:
   * - `'fifo'`: the oldest; the newcomer. Nobody is overtaken.
   * - `'lifo'`: the newest; the oldest. Serves somebody in time under a standing overload; the oldest may run into `queueTimeoutMs`.
   * - `'priority'`: the greatest {@link priority}, and within it the oldest; the newest of the lowest priority, newcomer included.
   * @default 'fifo': it favours nobody, and waits differ the least
   */
  readonly order?: 'fifo' | 'lifo' | 'priority' | undefined;
  /**
   * For order `'priority'`: a whole number from 0 to 9, the greater goes first. A call for which it gives anything else is refused.
   * @default the call's criticality: critical_plus 3, critical 2, sheddable_plus 1, sheddable 0
   */
  readonly priority?: ((call: CallContext) => number) | undefined;
  /**
   * For order `'priority'`: how long a wait counts as much as one step of priority, in milliseconds, above 0. A waiter is overtaken
   * only by those that arrive within (difference of priorities) × `ageingMs` after it.
   * @default 100: no more than ordinary waits, and three steps of it are less than the default `queueTimeoutMs`
   */
  readonly ageingMs?: number | undefined;
  /**
   * Permits a call takes, a whole number of at least 1; a call for which it gives anything else is refused. More than a call can
   * have (`concurrency`, or its key's share of it) counts as all of that: such a call runs alone.
   * @default () => 1
   */
  readonly weight?: ((call: CallContext) => number) | undefined;
  /**
   * Shares permits and queue fairly between keys; then `order` holds among the calls of one key.
   * @default whether `keyOf` or `keyShareRatio` is given: it costs each call a look-up, which few bulkheads need
   */
  readonly fair?: boolean | undefined;
  /** For `fair`: whose call it is; calls without a key count as one key. @default (call) => call.key */
  readonly keyOf?: ((call: CallContext) => string | undefined) | undefined;
  /**
   * For `fair`: the share of all permits that one key may hold, above 0 up to 1; at least one permit.
   * @default 1: a permit that rests helps nobody, and the next that comes back goes to the key that holds the fewest
   */
  readonly keyShareRatio?: number | undefined;
  /**
   * Whether a call that left its operation behind (at a time-out, or because its caller gave up) keeps its permits until that
   * operation has really ended. For pools whose connections stay taken so long.
   * @default false: an operation that never ends would keep its permits for ever, and enough of them shut the bulkhead for good
   */
  readonly holdUntilSettled?: boolean | undefined;
  /** Must be the pipeline's. @default the system's monotonic clock */
  readonly clock?: Clock | undefined;
}

/** What may be changed while running: all that neither tells who is who nor orders those who wait already. */
export type BulkheadUpdate = Pick<
  BulkheadOptions,
  'concurrency' | 'queue' | 'queueTimeoutMs' | 'priority' | 'ageingMs' | 'weight' | 'keyShareRatio'
>;

const PRIORITY_OF: Readonly<Record<Criticality, number>> = { critical_plus: 3, critical: 2, sheddable_plus: 1, sheddable: 0 };

/** What stands for an absent option. */
const DEFAULTS = {
  concurrency: 25,
  ageingMs: 100,
  keyShareRatio: 1,
  priority: (call: CallContext): number => PRIORITY_OF[call.criticality],
  keyOf: (call: CallContext): string | undefined => call.key,
};

export interface BulkheadSettings {
  readonly name: string;
  readonly concurrency: number;
  readonly queue: number;
  readonly queueTimeoutMs: number;
  readonly order: 'fifo' | 'lifo' | 'priority';
  readonly priority: (call: CallContext) => number;
  readonly ageingMs: number;
  /** `undefined` when every call takes one permit. */
  readonly weight: ((call: CallContext) => number) | undefined;
  readonly fair: boolean;
  /** `undefined` when permits are not shared by key. */
  readonly keyOf: ((call: CallContext) => string | undefined) | undefined;
  readonly keyShareRatio: number;
  readonly holdUntilSettled: boolean;
  readonly clock: Clock;
}

/** @throws {ConfigError} for options out of range, or at odds with each other. */
export function readBulkheadOptions(given: BulkheadOptions | undefined): BulkheadSettings {
  const options = readOptions('bulkhead', given, {
    name: text('bulkhead'),
    concurrency: count(1, DEFAULTS.concurrency),
    queue: count<undefined>(0, undefined),
    queueTimeoutMs: durationMs(1_000, { above: true, orInfinity: true }),
    order: oneOf(['fifo', 'lifo', 'priority'], 'fifo'),
    priority: callback<BulkheadOptions['priority']>('(call) => whole number from 0 to 9', undefined),
    ageingMs: durationMs<undefined>(undefined, { above: true }),
    weight: callback<BulkheadOptions['weight']>('(call) => whole number of at least 1', undefined),
    fair: { ...flag(false), fallback: undefined },
    keyOf: callback<BulkheadOptions['keyOf']>('(call) => string | undefined', undefined),
    keyShareRatio: ratio<undefined>(undefined, { above: true }),
    holdUntilSettled: flag(false),
    clock: aClock,
  });
  const { name, order, concurrency, priority, ageingMs, keyOf, keyShareRatio } = options;
  if (order !== 'priority') {
    if (priority !== undefined) throw new ConfigError(name, 'priority', priority, "absent unless order is 'priority'");
    if (ageingMs !== undefined) throw new ConfigError(name, 'ageingMs', ageingMs, "absent unless order is 'priority'");
  }
  if (order === 'lifo' && options.queueTimeoutMs === Number.POSITIVE_INFINITY) {
    throw new ConfigError(
      name,
      'queueTimeoutMs',
      Number.POSITIVE_INFINITY,
      "finite with order 'lifo', where the oldest may never be served",
    );
  }
  if (options.fair === false) {
    if (keyOf !== undefined) throw new ConfigError(name, 'keyOf', keyOf, 'absent when fair is false');
    if (keyShareRatio !== undefined) throw new ConfigError(name, 'keyShareRatio', keyShareRatio, 'absent when fair is false');
  }
  const fair = options.fair ?? (keyOf !== undefined || keyShareRatio !== undefined);
  return {
    ...options,
    queue: options.queue ?? concurrency,
    priority: priority ?? DEFAULTS.priority,
    ageingMs: ageingMs ?? DEFAULTS.ageingMs,
    fair,
    keyOf: fair ? (keyOf ?? DEFAULTS.keyOf) : undefined,
    keyShareRatio: keyShareRatio ?? DEFAULTS.keyShareRatio,
  };
}
