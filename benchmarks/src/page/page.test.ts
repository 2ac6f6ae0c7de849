import { expect, test } from 'vitest';
import type { Answer } from '../answer.ts';
import type { Verdict } from '../budget.ts';
import type { Results } from '../results.ts';
import { PAGE, pageOf } from './page.ts';
import { answerOf, plain, RATIO } from './testing.ts';

const machine = { node: '24.11.0', v8: '13.6.233', cpu: 'Imagined CPU', cores: 2, memoryGiB: 7.8, date: '2026-01-31' };
const bars = { kind: 'bars', title: 'Cost of a call', value: 'value' } as const;
const answer: Answer = answerOf(
  [
    { subject: 'bare', ours: false, value: 1, note: 'as it is' },
    { subject: 'a|b <c>', ours: true, value: 2.314, note: null },
  ],
  { columns: [RATIO, { key: 'note', title: 'note', unit: 'text' }], charts: [bars, bars] },
);
const results: Results = { machine, answers: [answer] };
const pageText = (given: Results, budget: Parameters<typeof pageOf>[1] = []): string => plain(pageOf(given, budget).get(PAGE)!);

test('the page says what it was measured on', () => {
  expect(pageText(results)).toContain(
    'Measured on 2026-01-31: Node 24.11.0 (V8 13.6.233), Imagined CPU, 2 cores, 7.8 GiB of memory.',
  );
});

test('each question is a section: title, what was done, charts, table', () => {
  expect(pageText(results)).toContain(`## <a id="made-up"></a>What does nothing cost?

Nothing, *measured* \`often\`.

![Cost of a call](performance/made-up-1.svg)

![Cost of a call](performance/made-up-2.svg)

|  | × bare | note |
|---|--:|---|
| bare | 1.00 × | as it is |
| **a\\|b \\<c\\>** | 2.31 × | – |
`);
});

test('the questions are listed before they are answered', () => {
  expect(pageText(results)).toContain('- [What does nothing cost?](#made-up)');
});

test('the budget is a table of its own, and left out where there is none', () => {
  const line = { question: 'made-up', subject: 'holdfast', column: 'value', marginRatio: 0, kept: true };
  const budget: Verdict[] = [
    { ...line, what: 'one guard', measured: 2.01, limit: 2.2, unit: 'ratio', met: true },
    { ...line, what: 'HTTP', measured: 0.9312, limit: 0.95, unit: 'ratio', sense: 'atLeast', met: false },
    { ...line, what: 'timers', measured: null, limit: 0, unit: 'count', met: false },
    {
      ...line,
      what: 'size',
      measured: 9_000,
      limit: 8_000,
      held: { limit: 10_000, why: 'it is all there', see: 'made-up' },
      unit: 'bytes',
      met: false,
    },
  ];

  expect(pageText(results, budget)).toContain(`| what | measured | budget | met |
|---|--:|--:|---|
| [one guard](#made-up) | 2.01 × | ≤ 2.2 × | ✓ |
| [HTTP](#made-up) | 0.931 × | ≥ 0.95 × | ✗ no |
| [timers](#made-up) | – | ≤ 0 | ✗ no |
| [size](#made-up) | 9.00 KB | ≤ 8 KB | ✗ [it is all there](#made-up) |
`);
  expect(pageText(results)).not.toContain('What we hold ourselves to');
});

test('every chart on the page is a file beside it', () => {
  const files = pageOf(results, []);
  const images = [...files.get(PAGE)!.matchAll(/!\[.*?\]\((.*?)\)/g)].map(([, path]) => `docs/${path}`);

  expect([...files.keys()].filter((path) => path.endsWith('.svg'))).toEqual(images);
  expect(images).toHaveLength(2);
});

test('a chart of a column that is not there is a mistake that is named', () => {
  const wrong = { ...answer, charts: [{ ...bars, value: 'valu' }] };

  expect(() => pageOf({ machine, answers: [wrong] }, [])).toThrow(
    `made-up: the chart 'Cost of a call' is of 'valu', and there is no such column`,
  );
});
