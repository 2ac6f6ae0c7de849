import type { Clock } from './clock.ts';
import type { Stage, Stretch } from './engine.ts';
import { ConfigError } from './errors.ts';
import type { Guard, Policy, Wrapper } from './policy.ts';

type Common = Pick<Stretch, 'classify' | 'finished' | 'endsInOperation'>;

/** Cuts the list into stretches of neighbouring guards, each ended by a wrapper or by the operation. */
export function stretchOf(policies: readonly Policy<unknown>[], common: Common): Stretch {
  const end = policies.findIndex((policy) => policy.run !== undefined);
  const guards = (end < 0 ? policies : policies.slice(0, end)) as readonly Guard<unknown>[];
  const wrapper = policies[end] as Wrapper<unknown> | undefined;
  const slowCallMs = Math.min(...guards.map((guard) => guard.slowCallMs ?? Number.POSITIVE_INFINITY));
  return {
    stages: guards.map(stageOf),
    wrapper,
    inside: wrapper && stretchOf(policies.slice(end + 1), { ...common, finished: undefined }),
    slowCallMs,
    observed: slowCallMs < Number.POSITIVE_INFINITY || guards.some((guard) => guard.timed === true),
    classify: common.classify,
    finished: common.finished,
    endsInOperation: wrapper === undefined && common.endsInOperation,
  };
}

export const nameOf = (policy: Policy<unknown>): string => policy.name ?? 'policy';

/**
 * @throws {ConfigError} when it is neither guard nor wrapper, or keeps another time than the pipeline.
 */
export function checkPolicy(owner: string, option: string, policy: unknown, clock?: Clock): asserts policy is Policy<unknown> {
  const { enter, exit, run, clock: own } = (typeof policy === 'object' && policy !== null ? policy : {}) as Record<string, unknown>;
  const isGuard = typeof enter === 'function' || typeof exit === 'function';
  if (isGuard === (typeof run === 'function')) {
    throw new ConfigError(owner, option, policy, 'a policy: an object with enter and/or exit, or with run');
  }
  if (own !== undefined && clock !== undefined && own !== clock) {
    const allowed = "the pipeline's clock: give both the same one";
    throw new ConfigError(owner, `${option}.clock`, `another clock (of ${nameOf(policy as Policy)})`, allowed);
  }
}

function stageOf(guard: Guard<unknown>): Stage {
  return { name: nameOf(guard), guard, enter: guard.enter, exit: guard.exit };
}
