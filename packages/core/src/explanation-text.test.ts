import { describe, expect, test } from 'vitest';
import { Explanation } from './explain.ts';
import type { Policy } from './policy.ts';
import type { PolicyTraits } from './traits.ts';

const policy = (name: string, traits: PolicyTraits): Policy => ({ name, enter: () => {}, traits: () => traits });
const linesOf = (...policies: Policy<unknown>[]): string[] => String(new Explanation('p', policies)).split('\n');
/** What a line of the table says that the policy may do. */
const does = (traits: PolicyTraits): string =>
  linesOf(policy('it', traits))
    .find((line) => line.startsWith('  it'))!
    .split(/ {2,}/)[2]!;

test.each<[words: string, traits: PolicyTraits]>([
  ['–', {}],
  ['–', { waitMs: 0 }],
  ['waits up to 5 ms', { waitMs: 5 }],
  ['waits up to any time', { waitMs: Number.POSITIVE_INFINITY }],
  ['ends it after 5 ms', { limitMs: 5 }],
  ['ends it after 0 ms', { limitMs: 0 }],
  ['tells it to end after 5 ms', { limitMs: 5, cooperative: true }],
  ['–', { limitMs: Number.POSITIVE_INFINITY }],
  ['–', { attempts: 1, betweenMs: 5 }],
  ['up to 2 attempts, 0 ms between them', { attempts: 2 }],
  ['up to 3 attempts, 5 ms between them', { attempts: 3, betweenMs: 5, askedMs: 5 }],
  ['up to 3 attempts, 5 ms between them (6 ms if asked to)', { attempts: 3, betweenMs: 5, askedMs: 6 }],
  ['up to 3 attempts side by side, 5 ms between them', { attempts: 3, betweenMs: 5, parallel: true }],
  ['may answer in its place', { answerMs: 0 }],
  ['refuses what is too much', { refuses: true }],
  ['–', { refuses: false, judges: false, holds: false }],
  ['refuses when too much fails', { judges: true }],
  ['slow from 0.13 ms on', { slowCallMs: 0.126 }],
  ['holds a permit', { holds: true }],
  ['waits up to 5 ms, refuses what is too much, holds a permit', { holds: true, refuses: true, waitMs: 5 }],
  ['waits up to 0.5 ms', { waitMs: 0.5 }],
])('says "%s" (%#)', (words, traits) => {
  expect(does(traits)).toBe(words);
});

describe('the first line', () => {
  test.each<[line: string, policies: Policy<unknown>[]]>([
    ['p: ends within any time; 1 attempt', []],
    ['p: ends within 5 ms; 1 attempt', [policy('a', { limitMs: 5 })]],
    ['p: ends within any time; up to 2 attempts', [policy('a', { attempts: 2 })]],
    [
      'p: ends within any time; up to 3 attempts; in the long run 1.13 times the load',
      [policy('a', { attempts: 3, extraRatio: 0.126 })],
    ],
    [
      'p: ends within 5 ms + a + b; 1 attempt',
      [policy('a', { answerMs: Infinity }), policy('b', { answerMs: Infinity }), policy('c', { limitMs: 5 })],
    ],
  ])('is %s', (line, policies) => {
    expect(linesOf(...policies)[0]).toBe(line);
  });
});

test('the rest is a table, and what was found; no line ends in blanks', () => {
  expect(linesOf(policy('a long name', { limitMs: 5 }), policy('b', { limitMs: 9 }))).toEqual([
    'p: ends within 5 ms; 1 attempt',
    '',
    '  policy       what it may do      with all inside it',
    '  a long name  ends it after 5 ms  5 ms, 1 attempt',
    '  b            ends it after 9 ms  9 ms, 1 attempt',
    '',
    '  error: a long name > b: 9 ms is never reached: a long name ends it after 5 ms',
  ]);
  expect(linesOf(policy('a', { limitMs: 5 }))).toHaveLength(4);
  expect(linesOf()).toEqual([
    'p: ends within any time; 1 attempt',
    '',
    '  policy  what it may do  with all inside it',
    '',
    '  warning: nothing bounds how long a call may take: add a deadline',
  ]);
});
