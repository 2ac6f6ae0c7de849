import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { bundleSize, sizeOf } from './bundle-size.ts';
import { consumer, published } from './consumer.ts';
import { beyondEmpty, importTimes, SCRIPT } from './import-time.ts';

function folder(files: Readonly<Record<string, string>>): string {
  const path = mkdtempSync(join(tmpdir(), 'bundle-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return path;
}

test('a package is published with its own exports', () => {
  const manifest = { name: 'a', exports: './src/index.ts', publishConfig: { exports: './dist/index.js' } };
  expect(published(manifest)).toEqual({ name: 'a', exports: './dist/index.js' });
  expect(published({ name: 'b', exports: './index.js' })).toEqual({ name: 'b', exports: './index.js' });
});

test('bytes are counted, not characters', () => {
  expect(sizeOf('“”').minified).toBe(6);
  expect(sizeOf('a'.repeat(10_000)).gzipped).toBeLessThan(100);
});

test('a bundle holds what is exported and no more, and nothing of Node’s', async () => {
  const path = folder({
    'package.json': '{ "type": "module", "sideEffects": false }',
    'library.js': `import { readFile } from 'node:fs'; export const used = () => readFile; export const unused = () => '${'x'.repeat(5_000)}';`,
    'whole.js': "export * from './library.js';",
    'part.js': "export { used } from './library.js';",
  });
  const [whole, part] = [await bundleSize(join(path, 'whole.js')), await bundleSize(join(path, 'part.js'))];
  expect(whole.minified).toBeGreaterThan(5_000);
  expect(part.minified).toBeGreaterThan(10);
  expect(part.minified).toBeLessThan(200);
});

const took = (wallMs: number, cpuMs: number) => ({ wallMs, cpuMs });

test('an import is timed beyond that of an empty package: the median by the clock, the least by computing', () => {
  const pairs = [
    { package: took(10, 8), empty: took(2, 1.5) }, // + 8
    { package: took(30, 9), empty: took(1, 1) }, // + 29, on a busy machine
    { package: took(7, 7), empty: took(2, 3) }, // + 5
  ];
  expect(beyondEmpty(pairs)).toEqual(took(8, 6));
});

test('an import that costs no more than an empty package costs nothing', () => {
  expect(beyondEmpty([{ package: took(1, 1), empty: took(2, 2) }])).toEqual(took(0, 0));
});

test('the packages of the consumer are imported as published, and cost more than nothing', { timeout: 60_000 }, async () => {
  using project = await consumer([]);
  expect(project.packages).toContain('@holdfast/core');
  expect(existsSync(join(project.folder, 'node_modules/@holdfast/core/src'))).toBe(false);
  const times = await importTimes(project.write('time.js', SCRIPT), ['@holdfast/core', 'holdfast'], project.empty, 1);
  expect([...times.keys()]).toEqual(['@holdfast/core', 'holdfast']);
  expect(times.get('holdfast')!.cpuMs).toBeGreaterThan(0);
});
