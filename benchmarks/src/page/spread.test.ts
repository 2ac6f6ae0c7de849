import fc from 'fast-check';
import { expect, test } from 'vitest';
import { spread } from './spread.ts';

test('what has room stays where it would like to be', () => {
  expect(
    spread(
      [
        { at: 80, height: 10 },
        { at: 20, height: 10 },
      ],
      0,
      100,
    ),
  ).toEqual([80, 20]);
});

test('what would like the same place shares the room around it', () => {
  expect(
    spread(
      [
        { at: 50, height: 10 },
        { at: 50, height: 10 },
      ],
      0,
      100,
    ),
  ).toEqual([45, 55]);
});

test('a pile that grows takes in what it comes to touch', () => {
  const three = [
    { at: 50, height: 10 },
    { at: 52, height: 10 },
    { at: 57, height: 10 },
  ];

  expect(spread(three, 0, 100)).toEqual([43, 53, 63]);
});

test('nothing leaves the room', () => {
  expect(
    spread(
      [
        { at: 0, height: 10 },
        { at: 100, height: 20 },
      ],
      0,
      100,
    ),
  ).toEqual([5, 90]);
});

test('nothing overlaps, everything stays inside and in order, as long as there is room at all', () => {
  const wishes = fc.array(fc.record({ at: fc.integer({ min: -50, max: 450 }), height: fc.integer({ min: 1, max: 40 }) }), {
    maxLength: 10,
  });
  fc.assert(
    fc.property(wishes, (wishes) => {
      const middles = spread(wishes, 0, 400);
      const placed = wishes
        .map(({ at, height }, index) => ({ at, from: middles[index]! - height / 2, to: middles[index]! + height / 2 }))
        .sort((a, b) => a.from - b.from);
      placed.forEach(({ at, from, to }, index) => {
        const before = placed[index - 1] ?? { at: -50, to: 0 };
        expect(from).toBeGreaterThanOrEqual(before.to - 1e-6);
        expect(at).toBeGreaterThanOrEqual(before.at);
        expect(to).toBeLessThanOrEqual(400 + 1e-6);
      });
    }),
  );
});
