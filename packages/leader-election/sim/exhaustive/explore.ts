import { actionsOf } from './action.ts';
import type { Action } from './action.ts';
import { apply } from './apply.ts';
import { beginningOf } from './begin.ts';
import { Canonical } from './canonical.ts';
import { checkRecovery } from './recovery.ts';
import type { Scope } from './scope.ts';
import { Violation } from './violation.ts';
import { Visited } from './visited.ts';
import { withoutStacks } from './without-stacks.ts';
import type { ElectorClass, World } from './world.ts';

export interface Findings {
  /** Different states from which a further step was taken. */
  readonly states: number;
  /** Steps taken, each followed by a check of every invariant. */
  readonly transitions: number;
  /** The shortest path to a violation; the first found, if that was all that was asked for. */
  readonly failure: Failure | undefined;
}

export interface Failure {
  readonly path: readonly Action[];
  readonly violation: Violation;
}

export interface ExploreOptions {
  /** Ends with the first violation instead of the shortest path to one. @default false */
  readonly firstOnly?: boolean;
  /** Whether the election must also recover from every state that a further step is taken from; costs five times as much. @default false */
  readonly recovers?: boolean;
}

/**
 * Takes every path of a scope, depth first. A state met again is left alone, unless there are more steps left to take from it than
 * before. When a path violates a rule only shorter ones are taken from then on, so that the last one found is the shortest.
 */
export function explore(
  scope: Scope,
  Machine: ElectorClass,
  { firstOnly = false, recovers = false }: ExploreOptions = {},
): Findings {
  const canonical = new Canonical();
  const visited = new Visited();
  const path: Action[] = [];
  let most = scope.steps;
  let transitions = 0;
  let failure: Failure | undefined;

  const walk = (world: World): void => {
    for (const action of actionsOf(world, scope)) {
      if (path.length >= most) return;
      path.push(action);
      transitions += 1;
      const next = check(() => apply(world, action, scope, Machine));
      if (next !== undefined && isNews(next) && (!recovers || check(() => checkRecovery(next, scope, Machine)))) walk(next);
      path.pop();
    }
  };

  const isNews = (world: World): boolean =>
    path.length < most && visited.isNews(canonical.keyOf(world), scope.steps - path.length);

  const check = (step: () => World): World | undefined => {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      failure = { path: [...path], violation: error };
      most = firstOnly ? 0 : path.length - 1;
      return undefined;
    }
  };

  withoutStacks(() => walk(beginningOf(scope, Machine)));
  return { states: visited.size, transitions, failure };
}
