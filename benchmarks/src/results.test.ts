import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Answer } from './answer.ts';
import { loadResults, type Results, rounded, saveResults, textOf } from './results.ts';

const machine = { node: '24.11.0', v8: '13.6.233', cpu: 'Imagined CPU', cores: 2, memoryGiB: 7.7532, date: '2026-01-31' };
const answer: Answer = {
  id: 'made-up',
  title: 'What does it cost?',
  about: 'Nothing.',
  columns: [
    { key: 'ratio', title: '× bare', unit: 'ratio' },
    { key: 'timers', title: 'timers', unit: 'count' },
  ],
  rows: [
    { subject: 'holdfast', ours: true, ratio: 2.344_96, timers: 100_001 },
    { subject: 'long '.repeat(30), ours: false, ratio: Number.NaN, timers: null },
  ],
  charts: [{ kind: 'bars', title: 'Cost', value: 'ratio' }],
};
const single: Answer = { ...answer, id: 'single', columns: answer.columns.slice(0, 1), rows: answer.rows.slice(1), charts: [] };
const results: Results = { machine, answers: [answer, single] };

test('what is loaded is what was saved, rounded', () => {
  const root = mkdtempSync(join(tmpdir(), 'results-'));
  mkdirSync(join(root, 'benchmarks'));
  try {
    saveResults(root, results);

    expect(loadResults(root)).toEqual(rounded(results));
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('figures keep four digits, and counts all of them', () => {
  const [first] = rounded(results).answers[0]!.rows;

  expect(first).toEqual({ subject: 'holdfast', ours: true, ratio: 2.345, timers: 100_001 });
});

test('what is no number was not measured', () => {
  expect(rounded(results).answers[0]!.rows[1]!['ratio']).toBeNull();
});

test('rounding again changes nothing', () => {
  expect(rounded(rounded(results))).toEqual(rounded(results));
});

test('a row is a line, so that a diff shows what moved', () => {
  expect(textOf(results)).toContain('\n        { "subject": "holdfast", "ours": true, "ratio": 2.345, "timers": 100001 },\n');
});

test('the formatter of the workspace leaves the file as it is', () => {
  const workspace = join(import.meta.dirname, '../..');
  const text = textOf(results);

  const run = spawnSync(join(workspace, 'node_modules/.bin/oxfmt'), ['--stdin-filepath=results.json'], {
    cwd: workspace,
    input: text,
    encoding: 'utf8',
  });

  expect(run.stdout).toBe(text);
}, 30_000);
