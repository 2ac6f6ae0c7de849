import { ConfigError } from './errors.ts';
import { unknownOption } from './unknown-option.ts';
import { nameOf } from './plan.ts';
import type { Policy } from './policy.ts';

/** Options to change, by the name of the policy; for a pipeline in it, by the names of its policies again. */
export type Changes = Readonly<Record<string, object>>;

/**
 * Checks changes for some policies of a list, all before any is made.
 * @returns what makes them.
 * @throws {ConfigError} for a name that is none of theirs or that of several, or for what the policy itself refuses.
 */
export function prepareChanges(owner: string, policies: readonly Policy<unknown>[], changes: unknown): () => void {
  const prepared = Object.entries(checked(owner, 'changes', changes)).map(([name, options]) => {
    const policy = find(owner, policies, name, options);
    return prepareChange(owner, policy, options);
  });
  return () => {
    for (const apply of prepared) apply();
  };
}

/** @throws {ConfigError} when the policy cannot be changed, or not so. */
export function prepareChange(owner: string, policy: Policy<unknown>, options: unknown): () => void {
  const name = nameOf(policy);
  if (policy.prepareUpdate === undefined) throw new ConfigError(owner, name, options, 'absent: this policy cannot be changed');
  return policy.prepareUpdate(checked(owner, name, options));
}

/** Changes of a policy made so far, without those that the next one overrides: so they do not become ever more over the months. */
export function withoutCovered(before: readonly object[], next: object): object[] {
  return before.filter((changes) => !covers(next, changes));
}

function covers(later: unknown, earlier: unknown): boolean {
  if (typeof later !== 'object' || later === null || typeof earlier !== 'object' || earlier === null) return true;
  return Object.entries(earlier).every(([name, value]) => name in later && covers(later[name as never], value));
}

function find(owner: string, policies: readonly Policy<unknown>[], name: string, options: unknown): Policy<unknown> {
  const named = new Set(policies.filter((policy) => nameOf(policy) === name));
  if (named.size > 1) throw new ConfigError(owner, name, options, 'the name of one policy: give each a name of its own');
  for (const policy of named) return policy;
  throw unknownOption(owner, name, options, policies.map(nameOf));
}

function checked(owner: string, option: string, value: unknown): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new ConfigError(owner, option, value, 'an object');
}
