import { ConfigError } from './errors.ts';
import { unknownOption } from './options.ts';
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

/** Earlier changes of a policy and those that follow, as one; for instances that are made only later. */
export function mergeChanges(policy: Policy<unknown>, before: object, next: object): object {
  const merged: Record<string, unknown> = { ...before, ...next };
  for (const inner of policy.policies ?? []) {
    const name = nameOf(inner);
    const [earlier, later] = [before, next].map((changes) => (changes as Record<string, object | undefined>)[name]);
    if (earlier !== undefined && later !== undefined) merged[name] = mergeChanges(inner, earlier, later);
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
