import { track, works } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'rateLimit'> = {
  trap: 'T22',
  title: 'a rate limit that is changed while it runs goes on refilling, at the new rate',
  needs: ['rateLimit'],
  async run({ rateLimit, time }) {
    const rate = rateLimit({ limit: 10, periodMs: 1_000 });
    let ran = 0;
    const offer = async (forMs: number): Promise<number> => {
      const before = ran;
      for (let ms = 0; ms < forMs; ms += 50) {
        track(
          rate.call(() => {
            ran++;
            return works();
          }),
        );
        await time.advance(50);
      }
      return ran - before;
    };
    const before = await offer(3_000);
    rate.update({ limit: 5 });
    await time.rest();
    const after = await offer(10_000);
    return {
      safe: after >= 40 && after <= 60,
      saw: `with 10 a second ${before} calls ran in 3 s; changed to 5 a second, ${after} ran in 10 s`,
    };
  },
};
