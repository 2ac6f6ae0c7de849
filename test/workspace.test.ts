import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { importsOf, withoutComments } from './imports.ts';

const root = join(import.meta.dirname, '..');

const policies = ['circuit-breaker', 'bulkhead', 'deadline', 'retry', 'load-shedding', 'fallback'];
const standalone = ['core', ...policies, 'leader-election'];
const adapters = ['fetch', 'databases', 'opentelemetry', 'express', 'fastify', 'nestjs', 'dashboard'];

/** Which packages of the workspace each package may import: the arrows of the design, downwards only. */
const mayImport: Record<string, readonly string[]> = {
  core: [],
  'circuit-breaker': ['core'],
  bulkhead: ['core'],
  deadline: ['core'],
  retry: ['core', 'deadline'],
  'load-shedding': ['core', 'deadline'],
  fallback: ['core', 'deadline'],
  'leader-election': ['core'],
  ...Object.fromEntries(adapters.map((name) => [name, ['core', ...policies]])),
  holdfast: ['core', ...policies, 'leader-election', 'fetch', 'dashboard'],
};

interface Manifest {
  name: string;
  scripts: Record<string, string>;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  exports: Record<string, string>;
  publishConfig: { exports: Record<string, string> };
}

const packages = readdirSync(join(root, 'packages'))
  .filter((name) => existsSync(join(root, 'packages', name, 'package.json')))
  .map((name) => ({
    name,
    manifest: JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as Manifest,
    references: referencesOf(name),
    sources: typescriptIn(join('packages', name, 'src')).filter((path) => !/\.test(-d)?\.ts$/.test(path)),
  }));

function referencesOf(name: string): string[] {
  const config = JSON.parse(readFileSync(join(root, 'packages', name, 'tsconfig.json'), 'utf8')) as {
    references?: { path: string }[];
  };
  return (config.references ?? []).map(({ path }) => path.replace('../', ''));
}

function typescriptIn(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(folder, path));
}

/** `@holdfast/core/testing` is `core`, `holdfast` is `holdfast`; anything else is not of this workspace. */
function workspaceName(specifier: string): string | undefined {
  const [scope, name] = specifier.split('/');
  if (scope === 'holdfast') return 'holdfast';
  return scope === '@holdfast' ? name : undefined;
}

function packageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

describe.each(packages)('the package $name', ({ name, manifest, references, sources }) => {
  const runtime = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  const imports = sources.flatMap((path) =>
    importsOf(readFileSync(join(root, path), 'utf8')).map((specifier) => ({ path, specifier })),
  );

  test('has a place among the arrows', () => {
    expect(Object.keys(mayImport)).toContain(name);
  });

  test('depends only on packages below it', () => {
    const below = runtime.map(workspaceName).filter((other) => other !== undefined);
    expect(below.filter((other) => !mayImport[name]?.includes(other))).toEqual([]);
  });

  test('has no third-party runtime dependency, if it is to stand alone', () => {
    const thirdParty = Object.keys(manifest.dependencies ?? {}).filter((other) => workspaceName(other) === undefined);
    expect(standalone.includes(name) ? thirdParty : []).toEqual([]);
  });

  test('imports only what its manifest names, and itself by file', () => {
    const foreign = imports.filter(({ specifier }) => !/^(\.\.?\/|node:)/.test(specifier));
    expect(foreign.filter(({ specifier }) => !runtime.includes(packageName(specifier)))).toEqual([]);
    const barrels = imports.filter(({ specifier }) => /^\.\.?\/(.*\/)?index\.ts$/.test(specifier));
    expect(barrels).toEqual([]);
  });

  test('has an index of re-exports by name, and nothing else', () => {
    const indexes = sources.filter((path) => path.endsWith('/index.ts')).map((path) => readFileSync(join(root, path), 'utf8'));
    const rest = indexes.map((index) =>
      withoutComments(index)
        .replace(/^export (type )?\{[^}]*\} from '[^']+';$/gm, '')
        .trim(),
    );
    expect(rest.filter((code) => code !== '')).toEqual([]);
  });

  test('never reaches into the folder of another package', () => {
    const outside = imports.filter(
      ({ path, specifier }) =>
        specifier.startsWith('.') && !join(path, '..', specifier).startsWith(join('packages', name, 'src')),
    );
    expect(outside).toEqual([]);
  });

  test('builds after everything it depends on', () => {
    expect(references.toSorted()).toEqual(
      Object.keys(manifest.dependencies ?? {})
        .map(workspaceName)
        .filter((other) => other !== undefined)
        .toSorted(),
    );
  });

  test('is built like every other: declarations by tsc, one module for each door', () => {
    expect(manifest.scripts['build']).toBe('tsc -b && node ../../tools/bundle.ts');
  });

  test('publishes from dist every door it opens in the workspace', () => {
    const published = Object.fromEntries(
      Object.entries(manifest.exports).map(([door, file]) => [door, file.replace(/^\.\/src\/(.*)\.ts$/, './dist/$1.js')]),
    );
    expect(manifest.publishConfig.exports).toEqual(published);
  });
});

test('every package is among the references of the root tsconfig', () => {
  const config = readFileSync(join(root, 'tsconfig.json'), 'utf8');
  const referenced = [...config.matchAll(/"\.\/packages\/([^"]+)"/g)].map(([, name]) => name);
  expect(new Set(referenced)).toEqual(new Set(packages.map(({ name }) => name)));
});
