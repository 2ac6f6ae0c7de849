import { ConfigError } from '@holdfast/core';
import { readOptions } from '@holdfast/core/options';

type Rules = Parameters<typeof readOptions>[2];

/**
 * The options given so far with the changes over them; an explicit `undefined` brings a default back. How they go together is up to
 * whoever reads them.
 * @param fixed options that are part of how the policy was made: they may only be repeated.
 * @throws {ConfigError} for an unknown option, one out of range, or one that cannot change.
 */
export function changed<O extends object>(
  policy: string,
  given: O,
  changes: O,
  rules: Rules,
  fixed: readonly (keyof O & string)[],
): O {
  const before = readOptions(policy, given, rules);
  readOptions(policy, changes, rules);
  for (const option of fixed) {
    const value = changes[option];
    if (!Object.hasOwn(changes, option) || value === given[option] || value === before[option]) continue;
    throw new ConfigError(policy, option, value, 'left as it is: it cannot change while calls run');
  }
  return { ...given, ...changes };
}
