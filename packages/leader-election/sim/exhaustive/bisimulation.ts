import { actionsOf } from './action.ts';
import { apply } from './apply.ts';
import { beginningOf } from './begin.ts';
import { Canonical } from './canonical.ts';
import type { Scope } from './scope.ts';
import { withoutStacks } from './without-stacks.ts';
import type { ElectorClass, World } from './world.ts';

/**
 * Whether one key is one behaviour. Of any two worlds of a scope with the same key it compares the keys of all that may come next. If
 * they ever differed, the check would pass over states that it has not seen.
 * @returns how many pairs were compared, and how many differed.
 */
export function compareAlike(scope: Scope, Machine: ElectorClass): { compared: number; differing: number } {
  const canonical = new Canonical();
  const known = new Map<string, string>();
  const found = { compared: 0, differing: 0 };
  const textOf = (world: World): string => {
    const { high, low } = canonical.keyOf(world);
    return `${high} ${low}`;
  };
  const walk = (world: World, stepsLeft: number): void => {
    const next = actionsOf(world, scope).map((action) => apply(world, action, scope, Machine));
    const key = textOf(world);
    const future = next.map(textOf).sort().join(';');
    const before = known.get(key);
    if (before !== undefined) {
      found.compared += 1;
      if (before !== future) found.differing += 1;
      return;
    }
    known.set(key, future);
    if (stepsLeft > 1) for (const one of next) walk(one, stepsLeft - 1);
  };
  withoutStacks(() => walk(beginningOf(scope, Machine), scope.steps));
  return found;
}
