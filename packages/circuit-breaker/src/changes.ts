import type { CircuitBreakerOptions, CircuitBreakerUpdate } from './options.ts';
import { check, checkEach, readSettings } from './settings.ts';
import type { ReadOptions, Settings } from './settings.ts';

/** Options that were changed: what they come to, and from where the next change goes on. */
export interface Changed extends ReadOptions {
  readonly given: CircuitBreakerOptions;
}

/**
 * The options given so far with the changes over them: what the breaker would be, had it been made with all of them.
 * @throws {ConfigError} with the breaker's own name, on whatever is a mistake when a breaker is made, and on what cannot change.
 */
export function readChanges(given: CircuitBreakerOptions, changes: CircuitBreakerUpdate): Changed {
  const before = readSettings(given);
  const { name } = before;
  checkEach(name, changes);
  for (const option of Object.keys(FIXED) as (keyof typeof FIXED)[]) {
    const value = changes[option];
    const same = !Object.hasOwn(changes, option) || value === given[option] || value === before[option];
    check(name, same, option, value, `left as it is: ${FIXED[option]}`);
  }
  const all = merged(given, changes);
  const after = readSettings(all);
  checkWindow(name, before.settings, after.settings, changes);
  return { ...after, given: all };
}

/**
 * A copy, for whoever gave them may change them later. Parts are merged inside, but a window is of one kind or the other.
 * @param given `undefined` for a new breaker: a plain copy takes a third less memory than one of two objects.
 */
export function merged(given: CircuitBreakerOptions | undefined, changes: CircuitBreakerUpdate): CircuitBreakerOptions {
  const all: Record<string, unknown> = given === undefined ? { ...changes } : { ...given, ...changes };
  for (const part of ['backoff', 'halfOpen', 'ramp'] as const) {
    if (changes[part] !== undefined) all[part] = { ...given?.[part], ...changes[part] };
  }
  if (changes.window !== undefined) all['window'] = { ...changes.window };
  return all;
}

const FIXED = {
  name: 'it tells circuits apart in what was reported already',
  clock: 'times of two clocks cannot be compared',
  random: 'it is part of how the breaker was made',
};

/** A window is kept, so it stays one, of the same kind: no other kind can hold what it has counted. */
function checkWindow(name: string, before: Settings, after: Settings, changes: CircuitBreakerUpdate): void {
  const kind = kindOf(before);
  const same = kindOf(after) === kind;
  if (kind === undefined) {
    const option = (['window', 'failureRatio', 'minimumCalls'] as const).find((part) => changes[part] !== undefined);
    check(
      name,
      same,
      option ?? 'window',
      option && changes[option],
      'left out: only consecutiveFailures opens this circuit, which has no window',
    );
  } else if (kindOf(after) === undefined) {
    const besides = 'given together with failureRatio, window or minimumCalls: alone it would stand instead of the ratios';
    check(name, same, 'consecutiveFailures', changes.consecutiveFailures, besides);
  } else {
    check(name, same, 'window', changes.window, `{ ${kind} }: its kind cannot change, as what it has counted is kept`);
  }
}

function kindOf({ windowMs, windowCalls }: Settings): 'durationMs' | 'calls' | undefined {
  if (windowMs > 0) return 'durationMs';
  return windowCalls > 0 ? 'calls' : undefined;
}
