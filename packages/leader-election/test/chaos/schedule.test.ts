import { expect, test } from 'vitest';
import { allFaults, endsTheTerm } from './schedule.ts';

const seeds = Array.from({ length: 50 }, (_, seed) => seed);

test('every fault comes once, those of networks where there is one', () => {
  for (const seed of seeds) {
    expect(new Set(allFaults(seed, true).map(({ fault }) => fault)).size).toBe(10);
    expect(allFaults(seed, false)).toHaveLength(5);
  }
});

test('a seed decides all, and another seed something else', () => {
  expect(allFaults(3, true)).toEqual(allFaults(3, true));
  expect(new Set(seeds.map((seed) => JSON.stringify(allFaults(seed, true)))).size).toBe(seeds.length);
});

test('the leader is met more often than others, and by every stall', () => {
  const rounds = seeds.flatMap((seed) => allFaults(seed, true));
  const leaders = rounds.filter(({ target }) => target === 'leader');
  expect(leaders.length / rounds.length).toBeGreaterThan(0.7);
  expect(rounds.filter(({ fault, target }) => fault === 'stall' && target === 'follower')).toEqual([]);
});

test('another must lead after what stops the leader, and after nothing else', () => {
  expect(endsTheTerm({ fault: 'deaf', target: 'leader', holdMs: 1 })).toBe(true);
  expect(endsTheTerm({ fault: 'deaf', target: 'follower', holdMs: 1 })).toBe(false);
  expect(endsTheTerm({ fault: 'doze', target: 'leader', holdMs: 1 })).toBe(false);
});
