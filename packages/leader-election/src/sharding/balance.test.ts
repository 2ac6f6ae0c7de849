import { describe, expect, test } from 'vitest';
import { deal, givesWay, heirs, wanted } from './balance.ts';
import type { Standing } from './standing.ts';

const plain = { owner: '', vacant: false, askable: false, asked: false, left: '', known: true };

/** Shards as `'a a b -'` has them: owned by a, a and b, and a vacant one. */
function standings(owners: string, self: string, left = ''): Standing[] {
  return owners.split(' ').map((owner, index) => {
    const shard = String(index);
    if (owner === '-') return { ...plain, shard, vacant: true, left };
    return { ...plain, shard, owner, askable: owner !== self };
  });
}

describe('dealing out', () => {
  test('gives each vacant shard to the member with the fewest, and all members come to the same deal', () => {
    const owners = 'a a a b b c - - - -';
    const [byA, byB, byC] = ['a', 'b', 'c'].map((self) => deal(standings(owners, self), self));
    expect(Object.fromEntries(byA!.loads)).toEqual({ a: 3, b: 3, c: 4 });
    expect(byB!.firsts).toEqual(byA!.firsts);
    expect(byC!.firsts).toEqual(byA!.firsts);
  });

  test('lets exactly one member go first for each, and the others in turn two ranks later', () => {
    const owners = 'a a a b b b c c c - -';
    const ranks = ['a', 'b', 'c'].map((self) => deal(standings(owners, self), self).ranks);
    for (const shard of ['9', '10']) expect(new Set(ranks.map((of) => of.get(shard)))).toEqual(new Set([0, 2, 3]));
  });

  test('puts last who has just left the shard, however few it has', () => {
    const { firsts, ranks } = deal(standings('a b b b -', 'a', 'a'), 'a');
    expect(firsts.get('4')).toBe('b');
    expect(ranks.get('4')).toBe(2);
  });

  test('takes one shard at once and leaves the others for a rank while nobody is known to have more than one', () => {
    const alone = deal(standings('- - - -', 'a'), 'a');
    expect([...alone.ranks.values()].toSorted((a, b) => a - b)).toEqual([0, 1, 1, 1]);
    const withOne = deal(standings('a - - -', 'a'), 'a');
    expect([...withOne.ranks.values()]).toEqual([1, 1, 1]);
    const withTwo = deal(standings('a a - -', 'a'), 'a');
    expect([...withTwo.ranks.values()]).toEqual([0, 0]);
  });

  test('begins with another shard for each member, so that those who start together seldom want the same', () => {
    const favourites = Array.from({ length: 20 }, (_, index) => {
      const { ranks } = deal(standings('- - - - - - - - - - - - - - - -', `m${index}`), `m${index}`);
      return [...ranks].find(([, rank]) => rank === 0)![0];
    });
    expect(new Set(favourites).size).toBeGreaterThan(8);
  });
});

describe('asking', () => {
  const asked = (owners: string, self: string): string[] =>
    wanted(standings(owners, self), self).map((shard) => owners.split(' ')[Number(shard)]!);

  test('a newcomer asks for its fair share, of those with most', () => {
    expect(asked('a a a a a a a a', 'b')).toEqual(['a', 'a', 'a', 'a']);
    expect(asked('a a a a a b b', 'c')).toEqual(['a', 'a']);
    expect(asked('a a a a b b b b', 'c').toSorted()).toEqual(['a', 'b']);
  });

  test('a newcomer leaves to another newcomer what will be its share', () => {
    expect(asked('a a a a a a a a a a b b', 'c')).toHaveLength(4);
  });

  test('nobody asks where the difference is one, or where more members than shards are there', () => {
    expect(asked('a a b', 'b')).toEqual([]);
    expect(asked('a b', 'c')).toEqual([]);
    expect(asked('a', 'b')).toEqual([]);
  });

  test('one that has its fair share asks for one more while another has two more', () => {
    expect(asked('a a a a b b c c', 'b')).toEqual(['a']);
  });

  test('waits for vacant shards that will be its own', () => {
    expect(asked('a a a a - - - -', 'b')).toEqual([]);
  });

  test('leaves alone whoever is not to be asked', () => {
    const silent = standings('a a a a', 'b').map((one) => ({ ...one, askable: false }));
    expect(wanted(silent, 'b')).toEqual([]);
  });
});

test('a holder gives way to one that has two fewer, and to nobody else', () => {
  expect(givesWay(standings('a a b', 'a'), 'a', 'b')).toBe(false);
  expect(givesWay(standings('a a a b', 'a'), 'a', 'b')).toBe(true);
  expect(givesWay(standings('a a', 'a'), 'a', 'new')).toBe(true);
  expect(givesWay(standings('a', 'a'), 'a', 'new')).toBe(false);
  expect(givesWay(standings('a a a b - -', 'a'), 'a', 'b')).toBe(false);
});

describe('heirs', () => {
  test('share evenly what a member leaves', () => {
    const to = heirs(standings('a a a a b b b c c', 'a'), 'a');
    expect([...to.values()].toSorted()).toEqual(expect.arrayContaining(['b', 'c', 'c']));
  });

  test('are not named where members may wait that have no shard, nor where nobody else is', () => {
    expect(heirs(standings('a b c', 'a'), 'a').size).toBe(0);
    expect(heirs(standings('a a a', 'a'), 'a').size).toBe(0);
  });
});
