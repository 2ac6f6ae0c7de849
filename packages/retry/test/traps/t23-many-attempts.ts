import { fails, track } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

const CAP_MS = 1_000;

export const scenario: Scenario<'retry'> = {
  trap: 'T23',
  title: 'a wait that doubles stays at its cap also after the number has left the range of numbers',
  needs: ['retry'],
  async run({ retry, time }) {
    const service = retry({ attempts: 1_031, waitMs: 100, factor: 2, capMs: CAP_MS });
    const begunAt: number[] = [];
    track(
      service.call(() => {
        begunAt.push(time.now());
        return fails();
      }),
    );
    await time.advance(1_031 * CAP_MS);
    const waits = begunAt.slice(1).map((at, index) => at - begunAt[index]!);
    const wrong = waits.findIndex((wait, index) => index > 4 && wait !== CAP_MS);
    const retries = waits.length;
    const saw =
      wrong === -1
        ? `all of ${retries} waits but the first ones were ${CAP_MS} ms, the cap`
        : `with a cap of ${CAP_MS} ms, wait number ${wrong + 1} was ${waits[wrong]} ms`;
    return { safe: wrong === -1 && retries === 1_030, saw };
  },
};
