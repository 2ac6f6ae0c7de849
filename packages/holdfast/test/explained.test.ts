import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resilient } from '../src/index.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/standard-pipeline.md'), 'utf8');

test('the page on the standard pipeline shows what it says of itself', () => {
  const shown = /```text\n(?<output>.*?)\n```/s.exec(page)?.groups?.['output'];
  expect(shown).toBe(String(resilient('orders', { fallback: () => 'pending' }).explain()));
});

test('without options nothing in it contradicts anything', () => {
  const { findings, attempts, worstCaseMs } = resilient('orders').explain();
  expect(findings.filter(({ severity }) => severity !== 'hint')).toEqual([]);
  expect({ attempts, worstCaseMs }).toEqual({ attempts: 3, worstCaseMs: 10_000 });
});

test('nor in the first example of the README', () => {
  const stock = resilient('stock', { fallback: () => 'unknown' as const, deadline: { ms: 800 }, timeout: { ms: 250 } });
  expect(stock.explain().findings.filter(({ severity }) => severity !== 'hint')).toEqual([]);
});
