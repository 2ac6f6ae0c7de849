import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CHARTS, filesOf, root } from '../../figures/page.ts';
import { loadResults } from '../../figures/results.ts';
import { judge } from '../../figures/targets.ts';

const files = filesOf(loadResults());

test.each([...files.keys()])('%s is the one the results give', (path) => {
  expect(readFileSync(join(root, path), 'utf8')).toBe(files.get(path));
});

test('there is no chart that is not on the page', () => {
  const found = existsSync(join(root, CHARTS)) ? readdirSync(join(root, CHARTS)) : [];
  expect(found.map((name) => `${CHARTS}/${name}`).filter((path) => !files.has(path))).toEqual([]);
});

test('every target names a figure that was measured', () => {
  expect(judge(loadResults()).filter(({ measured }) => measured === undefined)).toEqual([]);
});
