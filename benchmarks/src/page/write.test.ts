import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Results } from '../results.ts';
import { answerOf } from './testing.ts';
import { pageMatches, writePage } from './write.ts';

const machine = { node: '24.11.0', v8: '13.6.233', cpu: 'Imagined CPU', cores: 2, memoryGiB: 7.8, date: '2026-01-31' };
const resultsOf = (value: number): Results => ({
  machine,
  answers: [
    answerOf([{ subject: 'holdfast', ours: true, value }], { charts: [{ kind: 'bars', title: 'Cost', value: 'value' }] }),
  ],
});

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'page-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const charts = (): string[] => readdirSync(join(root, 'docs/performance'));

test('a page that was written is the page of its results', () => {
  writePage(root, resultsOf(2));

  expect(pageMatches(root, resultsOf(2))).toEqual([]);
  expect(charts()).toEqual(['made-up-1.svg']);
});

test('digits that are not saved are not on the page either', () => {
  writePage(root, resultsOf(2.344_96)); // saved as 2.345, which is shown as 2.35, and not 2.34

  expect(pageMatches(root, resultsOf(2.345))).toEqual([]);
});

test('other figures are noticed, on the page and in the charts', () => {
  writePage(root, resultsOf(2));

  const differences = pageMatches(root, resultsOf(3));

  expect(differences).toHaveLength(2);
  expect(differences[0]).toMatch(/^docs\/performance\.md:\d+: has '\| \*\*holdfast\*\* \| 2\.00.×.* the results give '.*3\.00/);
  expect(differences[1]).toMatch(/^docs\/performance\/made-up-1\.svg:\d+: /);
});

test('what was added by hand is noticed', () => {
  writePage(root, resultsOf(2));
  const path = join(root, 'docs/performance.md');
  writeFileSync(path, `${readFileSync(path, 'utf8')}and more\n`);

  expect(pageMatches(root, resultsOf(2))).toEqual([
    expect.stringMatching(/^docs\/performance\.md:\d+: has 'and more', the results give ''$/),
  ]);
});

test('before anything was written, all of it is missing', () => {
  expect(pageMatches(root, resultsOf(2))).toEqual([
    'docs/performance.md: is missing',
    'docs/performance/made-up-1.svg: is missing',
  ]);
});

test('a chart that is no longer on the page is noticed, and goes when the page is written', () => {
  writePage(root, resultsOf(2));
  writeFileSync(join(root, 'docs/performance/gone-1.svg'), '<svg/>');

  expect(pageMatches(root, resultsOf(2))).toEqual(['docs/performance/gone-1.svg: belongs to no question']);
  writePage(root, resultsOf(2));
  expect(charts()).toEqual(['made-up-1.svg']);
});
