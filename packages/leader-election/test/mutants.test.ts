import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runSeeds } from '../sim/campaign.ts';
import { generate } from '../sim/generate.ts';
import { copyWith } from '../sim/mutants/copy.ts';
import type { Copy } from '../sim/mutants/copy.ts';
import { hunt, mutants } from '../sim/mutants/hunt.ts';
import { shrink } from '../sim/shrink.ts';
import { simulate } from '../sim/simulate.ts';
import type { ElectorClass } from '../sim/world.ts';

test('each bug that is brought into the elector breaks a rule', { timeout: 300_000 }, async () => {
  const verdicts = await hunt();

  expect(verdicts.filter(({ rule }) => rule === undefined)).toEqual([]);
  expect(verdicts).toHaveLength(mutants.length);
});

test('a bug whose text is gone says so', () => {
  const mutant = { name: 'of old', bug: 'none', edits: [{ file: 'elector.ts', find: 'no such text', replace: '' }] } as const;

  expect(() => copyWith(mutant)).toThrow('Mutant "of old": src/elector/elector.ts has its text 0 times, not once');
});

describe('a violation', () => {
  let copy: Copy;
  let Mutated: ElectorClass;

  beforeAll(async () => {
    copy = copyWith(mutants.find(({ name }) => name === 'release while draining')!);
    ({ Elector: Mutated } = (await import(copy.elector)) as { Elector: ElectorClass });
  });

  afterAll(() => copy.remove());

  test('is made smaller, and stays one of the same rule', () => {
    const [finding] = runSeeds(1, 1_000, Mutated, 1).findings;
    const scenario = generate(finding!.seed);

    const smallest = shrink(scenario, finding!.rule, Mutated);

    expect(simulate(smallest, Mutated).violation?.rule).toBe(finding!.rule);
    expect(smallest.incidents.length + smallest.nodes.length).toBeLessThan(scenario.incidents.length + scenario.nodes.length);
    expect(smallest.calmAtMs).toBeLessThanOrEqual(scenario.calmAtMs);
  });
});
