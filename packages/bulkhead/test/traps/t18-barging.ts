import { hanging, track } from '../../../../traps/src/calls.ts';
import type { Bulkhead, Scenario } from '../../../../traps/src/scenario.ts';
import type { Time } from '../../../../traps/src/time.ts';

/** Between a call's end and the next one's start lie some promise reactions, different ones in each library. */
const MOMENTS = 12;

export const scenario: Scenario<'bulkhead'> = {
  trap: 'T18',
  title: 'who comes in the moment a permit comes free does not overtake those who wait',
  needs: ['bulkhead'],
  async run({ bulkhead, time }) {
    const orders: string[] = [];
    for (let reactions = 0; reactions < MOMENTS; reactions++) {
      const room = bulkhead({ concurrency: 1, queue: 10 });
      orders.push(await orderWithNewcomer(room, reactions, time));
    }
    const wrong = orders.filter((order) => order !== 'second, third, newcomer');
    return {
      safe: wrong.length === 0,
      saw: `the newcomer overtook in ${wrong.length} of ${MOMENTS} moments around the end of the first call${wrong.length === 0 ? '' : `: ${wrong[0]}`}`,
    };
  },
};

/** While the second and the third wait, the first ends, and the newcomer comes so many promise reactions later. */
async function orderWithNewcomer(room: Bulkhead, reactions: number, time: Time): Promise<string> {
  const order: string[] = [];
  const named = (name: string) => async () => {
    order.push(name);
    await time.sleep(50);
  };
  const first = hanging();
  track(room.call(first.operation));
  await time.rest();
  track(room.call(named('second')));
  track(room.call(named('third')));
  await time.rest();
  first.answer();
  for (let reaction = 0; reaction < reactions; reaction++) await Promise.resolve();
  track(room.call(named('newcomer')));
  await time.advance(1_000);
  return order.join(', ');
}
