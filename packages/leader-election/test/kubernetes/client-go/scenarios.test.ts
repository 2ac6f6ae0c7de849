import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const folder = new URL('./', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, folder), 'utf8');

/** The scenarios of the table, with the file that tells each. */
function listed(): [number, string][] {
  const rows = read('README.md').matchAll(/^\| (\d+) .*\| +(?:\[([a-z-]+)\]\(\2\.test\.ts\) +)?\|$/gm);
  return [...rows].map(([, number, file]) => [Number(number), file === undefined ? '' : `${file}.test.ts`]);
}

/** The scenarios that have a test, with its file. */
function told(): [number, string][] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.test.ts'));
  return files.flatMap((file) =>
    [...read(file).matchAll(/^ *test\('\[(\d+)\] /gm)].map(([, number]): [number, string] => [Number(number), file]),
  );
}

test('each of client-go’s scenarios has one test, in the file that the table names', () => {
  const rows = listed();
  expect(rows.map(([number]) => number)).toEqual(Array.from({ length: 39 }, (_, index) => index + 1));
  expect(rows.filter(([, file]) => file === '')).toEqual([[39, '']]);
  expect(told().toSorted(([a], [b]) => a - b)).toEqual(rows.filter(([, file]) => file !== ''));
});
