import type { Clock } from './clock.ts';
import type { Context } from './context.ts';
import { runStretch } from './engine.ts';
import type { Stretch } from './stretch.ts';
import { ConfigError } from './errors.ts';
import { reportFault } from './fault.ts';
import { Frame } from './frame.ts';
import { KeyedTable } from './keyed-table.ts';
import type { KeyedEntry } from './keyed-table.ts';
import { aClock, anything, count, durationMs, readOptions, text } from './options.ts';
import { Outcome } from './outcome.ts';
import { checkPolicy, nameOf, stretchOf } from './plan.ts';
import type { Adds, Policy, PolicyCall, Wrapper, WrapperCall } from './policy.ts';
import type { PolicyTraits } from './traits.ts';
import { mergeOf, prepareChange } from './update.ts';

/** Keys in a snapshot, which is drawn and sent: those in use, then those used last. */
const SHOWN = 20;

export interface KeyedOptions {
  /** Shown in errors, events and snapshots. @default 'keyed' */
  readonly name?: string | undefined;
  /** Keys kept at once, 1 or more; beyond it the one unused for longest goes. @default 1_000: a process seldom talks to more hosts, and an idle breaker is about 1 KB */
  readonly max?: number | undefined;
  /** A key unused for this long, in milliseconds, is forgotten, with all its policy has learnt; `Infinity` for never. @default 600_000: far beyond the usual windows and open times; give more where a policy counts over longer, such as a rate limit by the hour */
  readonly idleMs?: number | undefined;
  /** Keys that get a label of their own; later ones share `_other`, which bounds what metrics they make. @default 100 */
  readonly maxLabels?: number | undefined;
  /**
   * A key like those that come, for a policy to be asked what it may do and which changes it takes: by `explain()` and `update()`, which
   * make one for it when they are first called. @default ''
   */
  readonly sampleKey?: string | undefined;
  /** Must be the pipeline's. @default the system's monotonic clock */
  readonly clock?: Clock | undefined;
}

export interface Keyed<P> extends Wrapper<P extends Adds<infer Added> ? Added : never> {
  readonly name: string;
  readonly clock: Clock;
  /** The policy kept for a key, if it is: for a look at its state. Does not count as use. */
  peek(key: string): P | undefined;
  /** Keys kept now; those idle for too long are counted until they are forgotten, a few at each use of any key. */
  readonly size: number;
  /** Made of the policy of one key, which stands for all. */
  readonly policies: readonly Policy<unknown>[] | undefined;
  snapshot(): object;
  traits(): PolicyTraits;
  /**
   * Options of the policy of each key; for all keys, those that come later as well.
   * @throws {ConfigError} from the policy; or where the factory makes none for `sampleKey`, so that they cannot be checked.
   */
  prepareUpdate(options: object): () => void;
}

interface Instance<P> {
  readonly policy: P;
  /** As the policy is since its last change; made with the next call. */
  stretch: Stretch | undefined;
  /** Why it does not follow the changes made before it; told once. */
  fault: unknown;
}

/**
 * One instance of a policy per key (host, route, tenant), made when its key is first seen and bounded in number: least recently
 * used first, then by idle time, looked at on use and never by a timer. A policy with calls in it is never dropped, so for as long
 * as more than `max` keys have calls in flight there are more than `max`. A call is in flight until what it left behind has ended.
 * @param keyOf the key of a call, a string; `undefined` or '' is a key like any other: ''.
 * @param factory makes the policy of a key; `label` is the key, `_none` for '', or `_other`: use it as the policy's name. What it throws, and a
 * ConfigError when it makes no policy, rejects the call, and the next call of that key asks again.
 * @throws {ConfigError} for options out of range.
 */
export function keyed<P extends Policy<unknown>>(
  keyOf: (call: PolicyCall) => string | undefined,
  factory: (key: string, label: string) => P,
  options?: KeyedOptions,
): Keyed<P> {
  const { name, max, idleMs, maxLabels, sampleKey, clock } = readOptions('keyed', options, {
    name: text('keyed'),
    max: count(1, 1_000),
    idleMs: durationMs(600_000, { above: true, orInfinity: true }),
    maxLabels: count(0, 100),
    sampleKey: anything('a string', '', (value) => typeof value === 'string'),
    clock: aClock,
  });
  if (typeof keyOf !== 'function') throw new ConfigError(name, 'keyOf', keyOf, 'a function (call) => string');
  if (typeof factory !== 'function') throw new ConfigError(name, 'factory', factory, 'a function (key, label) => policy');
  /** What was changed since, for keys that come later. */
  let changes: object | undefined;
  /** A policy that the changes do not fit, for the factory made another kind of it, goes on as it was made. */
  const changed = (instance: Instance<P>, options: object | undefined): Instance<P> => {
    if (options === undefined) return instance;
    try {
      prepareChange(name, instance.policy, options)();
      instance.stretch = undefined;
    } catch (error) {
      instance.fault = error;
    }
    return instance;
  };
  const make = (key: string, label: string): Instance<P> => {
    const policy = factory(key, label);
    checkPolicy(name, `factory(${JSON.stringify(key)})`, policy, clock);
    return changed({ policy, stretch: undefined, fault: undefined }, changes);
  };
  const table = new KeyedTable(make, { max, idleMs, maxLabels, clock });

  const find = (call: WrapperCall): KeyedEntry<Instance<P>> => {
    const key: unknown = keyOf(call) ?? '';
    if (typeof key !== 'string') throw new ConfigError(name, 'keyOf(call)', key, 'a string, or undefined');
    const entry = table.enter(key);
    const { fault } = entry.value;
    if (fault !== undefined) {
      entry.value.fault = undefined;
      reportFault((call as Context).frame.clock, (call as Context).frame, name, fault);
    }
    return entry;
  };
  /** Asked again, for a run further in that was left behind has by its end noted the operation that it leaves behind itself. */
  const leave = (entry: KeyedEntry<Instance<P>>, call: Context): void => {
    const settled = call.whenSettled();
    if (settled === undefined) table.leave(entry);
    else void settled.then(() => leave(entry, call));
  };
  /** Leaves the key when it has ended: a handler on the call's promise would cut the operation's stack off from its caller. */
  const planOf = (entry: KeyedEntry<Instance<P>>): Stretch =>
    stretchOf([entry.value.policy], {
      classify: undefined,
      finished: ({ parent }) => leave(entry, parent as Context),
      endsInOperation: false,
    });

  /** One that stands for all, no call ever gets there; unless the factory makes none for such a key. */
  let sample: Instance<P> | undefined;
  const askSample = (): Instance<P> | undefined => {
    try {
      return (sample ??= make(sampleKey, `${name}(…)`));
    } catch {
      return undefined;
    }
  };

  return {
    name,
    clock,
    get policies() {
      const one = askSample();
      return one && [one.policy];
    },
    // Asked only where there is no sample: a policy that is made of others has no traits of its own.
    traits: () => ({ unknown: true }),
    prepareUpdate(options) {
      const one = askSample();
      if (one === undefined) throw new ConfigError(name, 'sampleKey', sampleKey, 'a key the factory makes a policy for');
      const before = new Set(table.entries().map(({ value }) => value));
      const apply = [one, ...before].map(({ policy }) => prepareChange(name, policy, options));
      return () => {
        for (const change of apply) change();
        for (const instance of [one, ...before]) instance.stretch = undefined;
        for (const { value } of table.entries()) if (!before.has(value)) changed(value, options); // made meanwhile
        changes = mergeOf(one.policy, changes, options);
      };
    },
    mergeUpdates(before, next) {
      const one = askSample();
      return one === undefined ? { ...before, ...next } : mergeOf(one.policy, before, next);
    },
    run(operation, call) {
      let entry: KeyedEntry<Instance<P>>;
      try {
        entry = find(call);
      } catch (error) {
        // A call whose key or policy cannot be had is refused: it is not the dependency that failed.
        call.innerOutcome = Outcome.notBegun('rejected', error);
        return Promise.reject(error);
      }
      const { frame } = call as Context;
      const inside = new Frame(frame.owner, undefined, call as Context, frame);
      return runStretch((entry.value.stretch ??= planOf(entry)), operation, inside) as Promise<never>;
    },
    peek: (key) => table.peek(key)?.policy,
    get size() {
      return table.size;
    },
    snapshot: () => ({
      policy: name,
      kind: 'keyed',
      keys: table.size,
      perKey: Object.fromEntries(
        table
          .entries()
          .slice(-SHOWN)
          .map(({ key, value: { policy } }) => [key, policy.snapshot?.() ?? { policy: nameOf(policy) }]),
      ),
    }),
  };
}
