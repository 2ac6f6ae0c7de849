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

/** Two changes of a policy as one. */
export function mergeOf(policy: Policy<unknown>, before: object | undefined, next: object): object {
  if (before === undefined) return { ...next };
  return policy.mergeUpdates === undefined ? { ...before, ...next } : policy.mergeUpdates(before, next);
}

/** The same for changes of several policies, by their names. */
export function mergeChanges(policies: readonly Policy<unknown>[], before: object, next: object): object {
  const merged: Record<string, object> = { ...before };
  for (const [name, options] of Object.entries(next) as [string, object][]) {
    const policy = policies.find((one) => nameOf(one) === name);
    merged[name] = policy === undefined ? options : mergeOf(policy, merged[name], options);
  }
  return merged;
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
