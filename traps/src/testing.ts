import { afterAll, describe, expect, test } from 'vitest';
import { LIBRARIES } from './libraries.ts';
import type { ScenarioFile } from './scenarios.ts';
import { Thread } from './thread.ts';

/** A thread starts, and loads a library from its sources: long on a busy machine. */
const timeout = 60_000;

/** Holdfast avoids each trap, and each scenario can fail: somebody falls into it. */
export function testTraps(files: readonly ScenarioFile[]): void {
  const threads = LIBRARIES.map(({ name }) => new Thread(name));
  const [ours, ...others] = threads as [Thread, ...Thread[]];
  afterAll(() => Promise.all(threads.map((thread) => thread.end())));

  describe.each(files)('$scenario.trap: $scenario.title', (from) => {
    test('holds for holdfast', { timeout }, async () => {
      expect(await ours.run(from)).toMatchObject({ verdict: 'safe' });
    });

    test('does not hold for everybody', { timeout }, async () => {
      const verdicts: string[] = [];
      for (const other of others.toReversed()) {
        verdicts.push((await other.run(from)).verdict); // the naive one first, which mostly is the answer
        if (verdicts.at(-1) === 'unsafe') break;
      }
      expect(verdicts).toContain('unsafe');
    });
  });
}
