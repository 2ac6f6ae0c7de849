import { count, track } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'retry'> = {
  trap: 'T34',
  title: 'an answer that a retry replaces has its body cancelled, so that its connection comes free; the last one is left whole',
  needs: ['retry'],
  async run({ retry, time }) {
    const service = retry({ attempts: 3, waitMs: 100, failed: (value) => (value as Response).status === 503 });
    const cancelled: number[] = [];
    let attempts = 0;
    const call = track(
      service.call(() => {
        const attempt = ++attempts;
        const body = new ReadableStream({ cancel: () => void cancelled.push(attempt) });
        return Promise.resolve(new Response(body, { status: 503 }));
      }),
    );
    await time.advance(10_000);
    const replaced = cancelled.filter((attempt) => attempt < attempts).length;
    return {
      safe: attempts === 3 && replaced === 2 && cancelled.length === 2 && call.value instanceof Response,
      saw: `${count(attempts, 'answer')} with status 503; of the ${attempts - 1} that were replaced ${replaced} had the body cancelled`,
    };
  },
};
