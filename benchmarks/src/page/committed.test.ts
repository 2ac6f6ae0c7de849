import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadResults } from '../results.ts';
import { pageMatches } from './write.ts';

test('the page in the tree is the one its results give', () => {
  const root = join(import.meta.dirname, '../../..');
  expect(pageMatches(root, loadResults(root))).toEqual([]);
});
