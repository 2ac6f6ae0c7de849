import { fails, works } from '../../../../traps/src/calls.ts';
import { collectGarbage } from '../../../../traps/src/process.ts';
import type { Breaker, Scenario } from '../../../../traps/src/scenario.ts';
import type { Time } from '../../../../traps/src/time.ts';

export const scenario: Scenario<'breaker'> = {
  trap: 'T41',
  title: 'a breaker that is disposed of and dropped leaves nothing in memory',
  needs: ['breaker'],
  time: 'real',
  async run({ breaker: make, time }) {
    const dropped: WeakRef<object>[][] = [];
    for (let tenant = 0; tenant < 100; tenant++) dropped.push(await useAndDrop(make(), time));
    await collectGarbage(time);
    const left = dropped.filter((parts) => parts.some((part) => part.deref() !== undefined)).length;
    return { safe: left <= 1, saw: `of 100 breakers made, used and dropped, ${left <= 1 ? 'none' : left} stayed in memory` };
  },
};

/** In a function of its own, so that nothing on the stack holds on to the breaker. The last one may still be in a register. */
async function useAndDrop(breaker: Breaker, time: Time): Promise<WeakRef<object>[]> {
  await breaker.call(works).catch(() => {});
  for (let call = 0; call < 3; call++) await breaker.call(fails).catch(() => {});
  await time.advance(0);
  breaker.dispose?.();
  return breaker.parts().map((part) => new WeakRef(part));
}
