import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Answer, Row } from './answer.ts';
import { better, BUDGET, judge } from './budget.ts';
import type { Limit } from './budget.ts';
import { QUESTIONS } from './questions.ts';

const limit: Limit = {
  what: 'a guard',
  question: 'guards',
  subject: 'breaker',
  column: 'ratio',
  short: { column: 'cpuRatio' },
  unit: 'ratio',
  limit: 2,
  marginRatio: 0.1,
};

function judged(row: Omit<Row, 'subject' | 'ours'>, changes: Partial<Limit> = {}, effort: 'short' | 'full' = 'short') {
  const rows: Row[] = [
    { subject: 'other', ours: true, ratio: 1, cpuRatio: 1 },
    { ...row, subject: 'breaker', ours: true },
  ];
  const answer: Answer = { id: 'guards', title: '', about: '', columns: [], rows, charts: [] };
  return judge([answer], effort, [{ ...limit, ...changes }])[0]!;
}

test('a short run is judged by its own column, and may be over by the margin', () => {
  expect(judged({ ratio: 9, cpuRatio: 2.2 })).toMatchObject({ measured: 2.2, met: true });
  expect(judged({ ratio: 1, cpuRatio: 2.21 })).toMatchObject({ measured: 2.21, met: false });
});

test('a full run is judged by the figure that is shown, without a margin', () => {
  expect(judged({ ratio: 2, cpuRatio: 9 }, {}, 'full')).toMatchObject({ measured: 2, met: true });
  expect(judged({ ratio: 2.01, cpuRatio: 1 }, {}, 'full').met).toBe(false);
});

test('a short run is judged by the shown figure where it has none of its own', () => {
  const { short: _, ...plain } = limit;
  const rows: Row[] = [{ subject: 'breaker', ours: true, ratio: 2.1 }];
  expect(judge([{ id: 'guards', title: '', about: '', columns: [], rows, charts: [] }], 'short', [plain])[0]).toMatchObject({
    measured: 2.1,
    met: true,
  });
});

test('a short run may have a smaller case of its own', () => {
  const short = { subject: 'other' };
  expect(judged({ ratio: 9 }, { short })).toMatchObject({ measured: 1, met: true });
  expect(judged({ ratio: 9 }, { short }, 'full')).toMatchObject({ measured: 9, met: false });
});

test('what must be at least so much may be below by the margin', () => {
  expect(judged({ cpuRatio: 1.8 }, { sense: 'atLeast' }).met).toBe(true);
  expect(judged({ cpuRatio: 1.79 }, { sense: 'atLeast' }).met).toBe(false);
  expect(judged({ cpuRatio: 100 }, { sense: 'atLeast' }).met).toBe(true);
});

test('where a limit is not reached yet, what is held so far is to be kept', () => {
  const held = { limit: 3, why: 'of something', see: 'floors' };
  expect(judged({ cpuRatio: 2 }, { held })).toMatchObject({ met: true, kept: true });
  expect(judged({ cpuRatio: 3.2 }, { held })).toMatchObject({ met: false, kept: true });
  expect(judged({ cpuRatio: 3.4 }, { held })).toMatchObject({ met: false, kept: false });
  expect(judged({ cpuRatio: 2.3 })).toMatchObject({ met: false, kept: false });
});

test('a figure that is missing is not met', () => {
  expect(judged({ ratio: 1 })).toMatchObject({ measured: null, met: false });
  expect(judged({ cpuRatio: null }).met).toBe(false);
  expect(judged({ cpuRatio: Number.NaN }).met).toBe(false);
  expect(judged({ cpuRatio: 1 }, { question: 'unheard of' }).met).toBe(false);
  expect(judged({ cpuRatio: 1 }, { subject: 'unheard of' }).met).toBe(false);
});

test('of two measurements the one that is met counts, whichever it is', () => {
  const [good, bad] = [judged({ cpuRatio: 2 }), judged({ cpuRatio: 3 })];
  expect(better(bad, good)).toBe(good);
  expect(better(good, bad)).toBe(good);
});

test('of two that are over, the nearer one is shown', () => {
  const [near, far, none] = [judged({ cpuRatio: 3 }), judged({ cpuRatio: 4 }), judged({})];
  expect(better(far, near)).toBe(near);
  expect(better(near, far)).toBe(near);
  expect(better(near, none)).toBe(near);
  expect(better(none, near)).toBe(near);
});

test('of two that are too little, the greater one is shown', () => {
  const [near, far] = [0.9, 0.5].map((cpuRatio) => judged({ cpuRatio }, { sense: 'atLeast' })) as [
    ReturnType<typeof judged>,
    ReturnType<typeof judged>,
  ];
  expect(better(far, near)).toBe(near);
  expect(better(near, far)).toBe(near);
});

test('each line of the budget names a question that is asked, and says what it is about but once', () => {
  for (const { question, held } of BUDGET) for (const id of [question, held?.see ?? question]) expect(QUESTIONS).toContain(id);
  expect(new Set(BUDGET.map(({ what }) => what)).size).toBe(BUDGET.length);
});

test('every question there is a file for is asked', () => {
  const files = readdirSync(new URL('questions', import.meta.url)).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
  );
  expect(files.map((name) => name.slice(0, -3)).toSorted()).toEqual([...QUESTIONS].toSorted());
});
