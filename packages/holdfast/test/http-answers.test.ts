import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const docs = join(import.meta.dirname, '../../../docs');
const read = (path: string): string => readFileSync(join(docs, path), 'utf8');
const page = read('http-answers.md');
const block = (language: string): string => new RegExp(`\`\`\`${language}\n(.*?)\n\`\`\``, 's').exec(page)![1]!;
const pairs = (text: string, pattern: RegExp): Record<string, string> =>
  Object.fromEntries([...text.matchAll(pattern)].map(([, code, status]) => [code!, status!]));

const table = pairs(page, /^\| `(HOLDFAST_\w+)` \| (\d+) \|/gm);

test('the page on HTTP answers has every code there is, and its program answers as its table says', () => {
  const source = read('../packages/core/src/errors.ts');
  const codes = /type HoldfastErrorCode =(.*?);/s.exec(source)![1]!.match(/HOLDFAST_\w+/g)!;
  expect(codes.length).toBeGreaterThan(5);
  expect(Object.keys(table).toSorted()).toEqual(codes.toSorted());
  expect(pairs(block('ts'), /^ {2}(HOLDFAST_\w+): (\d+),/gm)).toEqual(table);
});

test('the program on the page answers over HTTP, and prints what the page shows', { timeout: 20_000 }, async () => {
  const program = ['--input-type=module-typescript', '--eval', block('ts')];
  const { stdout } = await promisify(execFile)(process.execPath, program, { cwd: docs, timeout: 15_000 });
  expect(stdout.trimEnd()).toBe(block('text'));
});
