import type { Clock } from './clock.ts';
import type { Context } from './context.ts';
import { runStretch } from './engine.ts';
import type { Stretch } from './engine.ts';
import { ConfigError } from './errors.ts';
import { Frame } from './frame.ts';
import { count, durationMs, having, readOptions, text } from './options.ts';
import { checkPolicy, stretchOf } from './plan.ts';
import type { Policy, PolicyCall, Wrapper } from './policy.ts';
import { systemClock } from './system-clock.ts';

export interface KeyedOptions {
  readonly name?: string | undefined;
  /** Keys kept at once; beyond it the one unused for longest goes. @default 1_000: a process seldom talks to more hosts, and an idle breaker is about 1 KB */
  readonly max?: number | undefined;
  /** A key unused for this long is forgotten, with all its policy has learnt. @default 600_000: far beyond any window or open time */
  readonly idleMs?: number | undefined;
  /** Keys that get a label of their own; later ones share `_other`, which bounds what metrics they make. @default 100 */
  readonly maxLabels?: number | undefined;
  readonly clock?: Clock | undefined;
}

export interface Keyed<P> extends Wrapper<P extends Policy<infer Added> ? Added : never> {
  readonly name: string;
  readonly clock: Clock;
  /** The policy kept for a key, if it is: for a look at its state. Does not count as use. */
  peek(key: string): P | undefined;
  readonly size: number;
}

interface Entry<P> {
  readonly policy: P;
  readonly stretch: Stretch;
  inFlight: number;
  usedAt: number;
}

/**
 * One instance of a policy per key (host, route, tenant), made when its key is first seen and bounded in number: least recently
 * used first, then by idle time, looked at on use and never by a timer. A policy with calls in it is never dropped, so for as long
 * as more than `max` keys have calls in flight there are more than `max`.
 * @param keyOf the key of a call; `undefined` or '' is a key like any other: ''.
 * @param factory makes the policy of a key; `label` is the key, or `_other`: use it as the policy's name.
 * @throws {ConfigError} for options out of range.
 */
export function keyed<P extends Policy<unknown>>(
  keyOf: (call: PolicyCall) => string | undefined,
  factory: (key: string, label: string) => P,
  options?: KeyedOptions,
): Keyed<P> {
  const { name, max, idleMs, maxLabels, clock } = readOptions('keyed', options, {
    name: text('keyed'),
    max: count(1, 1_000),
    idleMs: durationMs(600_000, { above: true, orInfinity: true }),
    maxLabels: count(0, 100),
    clock: having<Clock>('a clock', ['now', 'turnNow', 'arm', 'disarm', 'sleep'], systemClock),
  });
  if (typeof keyOf !== 'function') throw new ConfigError(name, 'keyOf', keyOf, 'a function (call) => string');
  if (typeof factory !== 'function') throw new ConfigError(name, 'factory', factory, 'a function (key, label) => policy');
  /** In the order of use: a Map keeps insertion order, and a used entry is put back at the end. */
  const entries = new Map<string, Entry<P>>();
  const labels = new Set<string>();

  const labelOf = (key: string): string => {
    if (labels.has(key)) return key;
    if (labels.size >= maxLabels) return '_other';
    labels.add(key);
    return key;
  };

  const enter = (key: string): Entry<P> => {
    const now = clock.turnNow();
    let entry = entries.get(key);
    if (entry === undefined) {
      const policy = factory(key, labelOf(key));
      checkPolicy(name, `factory(${JSON.stringify(key)})`, policy, clock);
      const stretch = stretchOf([policy], { classify: undefined, finished: undefined, endsInOperation: false });
      entry = { policy, stretch, inFlight: 0, usedAt: now };
    } else entries.delete(key);
    entry.usedAt = now;
    entry.inFlight++;
    entries.set(key, entry);
    evict(now);
    return entry;
  };

  const evict = (now: number): void => {
    for (const [key, { usedAt, inFlight }] of entries) {
      if (entries.size <= max && usedAt + idleMs > now) return;
      if (inFlight === 0) entries.delete(key);
    }
  };

  return {
    name,
    clock,
    async run(operation, call) {
      const entry = enter(keyOf(call) ?? '');
      try {
        const { frame } = call as Context;
        const inside = new Frame(frame.owner, undefined, call as Context, frame);
        return (await runStretch(entry.stretch, (inner) => operation(inner as Context), inside)) as never;
      } finally {
        entry.inFlight--;
      }
    },
    peek: (key) => entries.get(key)?.policy,
    get size() {
      return entries.size;
    },
    snapshot: () => ({
      policy: name,
      keys: entries.size,
      perKey: Object.fromEntries([...entries].slice(-20).map(([key, { policy }]) => [key, policy.snapshot?.() ?? {}])),
    }),
  };
}
