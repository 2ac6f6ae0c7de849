import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { askChild, lastJson } from './child.ts';

function script(code: string): URL {
  const folder = mkdtempSync(join(tmpdir(), 'child of a test '));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'script.mjs');
  writeFileSync(path, code);
  return pathToFileURL(path);
}

test('a child answers with the JSON in its last line', async () => {
  const echo = script('console.log("warming up"); console.log(JSON.stringify({ args: process.argv.slice(2), gc: typeof gc }));');
  const answer = await askChild(echo, { flags: ['--expose-gc'], args: ['a b', 3] });
  expect(answer).toEqual({ args: ['a b', '3'], gc: 'function' });
});

test('a child that fails is an error with what it complained of', async () => {
  const failing = script('console.error("out of memory"); process.exit(3);');
  await expect(askChild(failing)).rejects.toThrow(/ended with 3\nout of memory/);
});

test('a child that cannot be started is an error', async () => {
  await expect(askChild(script(''), { node: '/no/such/node' })).rejects.toThrow(/ENOENT/);
});

test('what the process above was told to do is not handed on', async () => {
  process.env['NODE_OPTIONS'] = '--stack-trace-limit=7';
  onTestFinished(() => void delete process.env['NODE_OPTIONS']);
  expect(await askChild(script('console.log(JSON.stringify(process.env.NODE_OPTIONS ?? null))'))).toBeNull();
});

test('empty lines after the last are no answer', () => {
  expect(lastJson('not this\n[1]\n\n')).toEqual([1]);
  expect(() => lastJson('no json')).toThrow();
});
