import { fails, track } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'retry'> = {
  trap: 'T23',
  title: 'the growth factor that was asked for is the one that is used',
  needs: ['retry'],
  async run({ retry, time }) {
    const service = retry({ attempts: 4, waitMs: 100, factor: 3 });
    const begunAt: number[] = [];
    track(
      service.call(() => {
        begunAt.push(time.now());
        return fails();
      }),
    );
    await time.advance(10_000);
    const waits = begunAt.slice(1).map((at, index) => at - begunAt[index]!);
    return {
      safe: waits.join() === '100,300,900',
      saw: `a first wait of 100 ms and a factor of 3 made waits of ${waits.join(', ')} ms`,
    };
  },
};
