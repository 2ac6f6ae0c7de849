import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { bundle } from './modules.ts';

/** A package with these files and doors, of which each has its source in `src`. */
function packageOf(doors: Readonly<Record<string, string>>, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const exportsIn = (place: string, extension: string): Record<string, string> =>
    Object.fromEntries(Object.entries(doors).map(([door, name]) => [door, `./${place}/${name}.${extension}`]));
  const own = { './package.json': './package.json' };
  const manifest = {
    type: 'module',
    sideEffects: false,
    exports: { ...exportsIn('src', 'ts'), ...own },
    publishConfig: { exports: { ...exportsIn('dist', 'js'), ...own } },
  };
  for (const [path, content] of Object.entries({ 'package.json': JSON.stringify(manifest), ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

const modulesIn = (folder: string): string[] =>
  readdirSync(join(folder, 'dist'))
    .filter((name) => name.endsWith('.js'))
    .toSorted();
const load = (folder: string, name: string): Promise<Record<string, unknown>> =>
  import(pathToFileURL(join(folder, 'dist', name)).href) as Promise<Record<string, unknown>>;

const COUNTER = {
  'src/index.ts': `export { count } from './count.ts';`,
  'src/count.ts': `import { state } from './state.ts';\nexport const count = (): number => ++state.calls;`,
  'src/state.ts': `export const state: { calls: number } = { calls: 0 };`,
  'src/testing.ts': `export { state } from './state.ts';`,
};

test('a package with one door is one module', async () => {
  const folder = packageOf({ '.': 'index' }, COUNTER);
  await bundle(folder);
  expect(modulesIn(folder)).toEqual(['index.js']);
  const { count } = await load(folder, 'index.js');
  expect((count as () => number)()).toBe(1);
});

test('what two doors need is there once, in one module more', async () => {
  const folder = packageOf({ '.': 'index', './testing': 'testing' }, COUNTER);
  await bundle(folder);
  expect(modulesIn(folder)).toEqual(['index.js', 'shared.js', 'testing.js']);
  const [{ count }, testing] = [await load(folder, 'index.js'), await load(folder, 'testing.js')];
  (count as () => number)();
  expect(testing['state']).toEqual({ calls: 1 });
});

test('doors that share nothing stay by themselves', async () => {
  const folder = packageOf(
    { '.': 'index', './other': 'other' },
    { ...COUNTER, 'src/other.ts': 'export const other: number = 1;' },
  );
  await bundle(folder);
  expect(modulesIn(folder)).toEqual(['index.js', 'other.js']);
});

test('other packages and Node’s own modules stay imports', async () => {
  const folder = packageOf(
    { '.': 'index' },
    {
      'src/index.ts': `export { sep } from './sep.ts';\nexport { pipeline } from '@holdfast/core';`,
      'src/sep.ts': `export { sep } from 'node:path';`,
      'node_modules/@holdfast/core/package.json': '{ "type": "module", "exports": "./core.js" }',
      'node_modules/@holdfast/core/core.js': 'export const pipeline = 1;',
    },
  );
  await bundle(folder);
  const code = readFileSync(join(folder, 'dist/index.js'), 'utf8');
  expect(code).toMatch(/from ["']@holdfast\/core["']/);
  expect(code).toMatch(/from ["']node:path["']/);
});

test('names are as they were written, and maps point at the sources', async () => {
  const folder = packageOf({ '.': 'index' }, COUNTER);
  await bundle(folder);
  expect(readFileSync(join(folder, 'dist/index.js'), 'utf8')).toMatch(/const count = .*\+\+state\.calls/);
  const map = JSON.parse(readFileSync(join(folder, 'dist/index.js.map'), 'utf8')) as Record<string, unknown>;
  expect(map['sources']).toEqual(expect.arrayContaining(['../src/count.ts', '../src/state.ts']));
  expect(map['sourcesContent']).toBeUndefined();
});

test('modules of an earlier build go, and declarations whose source is gone', async () => {
  const declarations = { 'dist/index.d.ts': '', 'dist/index.d.ts.map': '', 'dist/gone.d.ts': '', 'dist/gone.d.ts.map': '' };
  const folder = packageOf({ '.': 'index' }, { ...COUNTER, ...declarations, 'dist/gone.js': '', 'dist/gone.js.map': '' });
  await bundle(folder);
  expect(readdirSync(join(folder, 'dist')).toSorted()).toEqual(['index.d.ts', 'index.d.ts.map', 'index.js', 'index.js.map']);
});

test('an import of a file that is not there fails', async () => {
  const folder = packageOf({ '.': 'index' }, { 'src/index.ts': `export { lost } from './lost.ts';` });
  await expect(bundle(folder)).rejects.toThrow('lost');
});
