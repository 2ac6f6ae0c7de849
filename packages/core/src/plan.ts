import type { Clock } from './clock.ts';
import type { Stage, Stretch } from './stretch.ts';
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

const A_POLICY = 'a policy: an object with enter and/or exit, or else with run, all of them functions';

/**
 * @throws {ConfigError} when it is neither guard nor wrapper, has a name or a `slowCallMs` that cannot be, or keeps another time than
 * the pipeline.
 */
export function checkPolicy(owner: string, option: string, policy: unknown, clock?: Clock): asserts policy is Policy<unknown> {
  if (typeof policy !== 'object' || policy === null) throw new ConfigError(owner, option, policy, A_POLICY);
  const { enter, exit, run, name, slowCallMs, clock: own } = policy as Record<string, unknown>;
  const guards = [enter, exit].filter((method) => method !== undefined);
  const wraps = run === undefined ? [] : [run];
  const methods = [...guards, ...wraps];
  if (guards.length > 0 === wraps.length > 0 || methods.some((method) => typeof method !== 'function')) {
    throw new ConfigError(owner, option, policy, A_POLICY);
  }
  if (name !== undefined && (typeof name !== 'string' || name === '')) {
    throw new ConfigError(owner, `${option}.name`, name, 'a non-empty string');
  }
  if (slowCallMs !== undefined && !(typeof slowCallMs === 'number' && slowCallMs > 0)) {
    throw new ConfigError(owner, `${option}.slowCallMs`, slowCallMs, 'a number above 0, in milliseconds');
  }
  if (own !== undefined && clock !== undefined && own !== clock) {
    const allowed = "the pipeline's clock: give both the same one";
    throw new ConfigError(owner, `${option}.clock`, `another clock (of ${nameOf(policy)})`, allowed);
  }
}

function stageOf(guard: Guard<unknown>): Stage {
  // oxlint-disable-next-line typescript/unbound-method -- looked up once here, called with the guard as `this` by the engine
  const { enter, exit } = guard;
  return { name: nameOf(guard), guard, enter, exit };
}
