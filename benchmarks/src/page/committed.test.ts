import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadResults } from '../results.ts';
import { PAGE } from './page.ts';
import { pageMatches } from './write.ts';

const root = join(import.meta.dirname, '../../..');
const measured = existsSync(join(root, 'benchmarks/results.json'));

test.runIf(measured)('the page in the tree is the one its results give', () => {
  expect(pageMatches(root, loadResults(root))).toEqual([]);
});

test.runIf(!measured)('without results there is no page', () => {
  expect(existsSync(join(root, PAGE))).toBe(false);
});
