import { describe, expect, test } from 'vitest';
import { compareAlike } from '../sim/exhaustive/bisimulation.ts';
import { BUGS } from '../sim/exhaustive/bugs.ts';
import { explore } from '../sim/exhaustive/explore.ts';
import { SCOPES } from '../sim/exhaustive/scopes.ts';
import { withBug } from '../sim/exhaustive/sow.ts';
import { traceOf } from '../sim/exhaustive/trace.ts';
import { Elector } from '../src/elector/elector.ts';

const A_MINUTE = 60_000;

describe('all that may happen in a few steps', () => {
  test.each(SCOPES)(
    'is safe: $name',
    (scope) => {
      const { failure, transitions } = explore(scope, Elector);
      expect(failure && traceOf(scope, failure, Elector)).toBeUndefined();
      expect(transitions).toBeGreaterThan(10_000);
    },
    A_MINUTE,
  );

  test.each(SCOPES.filter(({ clocks }) => clocks === 'together'))(
    'is recovered from: $name',
    (scope) => {
      const short = { ...scope, steps: 6 };
      const { failure } = explore(short, Elector, { recovers: true });
      expect(failure && traceOf(short, failure, Elector)).toBeUndefined();
    },
    A_MINUTE,
  );

  test.each(BUGS)(
    'shows a bug: $name',
    async (bug) => {
      const failure = await withBug(
        bug,
        (Machine) => explore(bug.scope, Machine, { firstOnly: true, recovers: bug.breaks.includes('L1') }).failure,
      );
      expect(bug.breaks).toContain(failure?.violation.rule);
    },
    A_MINUTE,
  );

  test('cannot be checked with a bug that no longer fits the sources', async () => {
    const bug = { ...BUGS[0]!, find: 'what is not there' };
    await expect(withBug(bug, () => undefined)).rejects.toThrow('leading.ts has "what is not there" 0 times, not once');
  });
});

describe('the shortest path to a violation', () => {
  const bug = BUGS.find(({ breaks }) => breaks.includes('S6'))!;

  test('is found, and told step by step', async () => {
    await withBug(bug, (Machine) => {
      const { failure } = explore(bug.scope, Machine);
      expect(failure?.path).toEqual([{ kind: 'stop', node: 0 }]);
      expect(traceOf(bug.scope, failure!, Machine).split('\n')).toEqual([
        'S6: a releases the lease while a1.1 works',
        'scope: a bug was sown; it begins led',
        '     at 0 ms: a leading a1.1 held (0 ms, wakes 1); b following (0 ms, wakes 1); lease r1 [a1.1 renewal 0]',
        '1. a: stop',
        '     abort a1.1 (stopped)',
        '     tell term.ending (stopped)',
        '     write #2 [free] over r1 [a1.1 renewal 0]',
        '=> S6: a releases the lease while a1.1 works',
      ]);
    });
  });
});

describe('states that count as one', () => {
  const steps = 5;

  test.each(SCOPES.filter(({ rareAtMost }) => rareAtMost > 0))(
    'go on alike: $name',
    (scope) => {
      const { compared, differing } = compareAlike({ ...scope, steps }, Elector);
      expect(differing).toBe(0);
      expect(compared).toBeGreaterThan(2);
    },
    A_MINUTE,
  );
});
