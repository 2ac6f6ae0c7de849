import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { bundleSize, sizeOf } from './bundle-size.ts';
import { published } from './consumer.ts';

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
