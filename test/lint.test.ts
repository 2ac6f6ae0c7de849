import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Every use that would tie a policy to the machine it runs on, and the rule that must catch it. */
const forbidden: Record<string, string> = {
  'export const t = Date.now();': 'no-restricted-properties',
  'export const t = Math.random();': 'no-restricted-properties',
  'export const t = AbortSignal.timeout(5);': 'no-restricted-properties',
  'export const t = performance.now();': 'no-restricted-globals',
  'export const t = setTimeout(() => {}, 5);': 'no-restricted-globals',
  'export const t = setInterval(() => {}, 5);': 'no-restricted-globals',
  'export const t = setImmediate(() => {});': 'no-restricted-globals',
  'export const t = new MessageChannel();': 'no-restricted-globals',
  'export const t = globalThis.setTimeout(() => {}, 5);': 'no-restricted-globals',
  'export const t = globalThis.performance.now();': 'no-restricted-globals',
  'export const t = crypto.getRandomValues(new Uint8Array(4));': 'no-restricted-globals',
  'export const t = process.hrtime();': 'no-restricted-globals',
  'export const t = Buffer.from([1]);': 'no-restricted-globals',
  "import { readFileSync } from 'node:fs';\nexport const t = readFileSync;": 'no-restricted-imports',
  "import { setTimeout } from 'timers/promises';\nexport const t = setTimeout;": 'no-restricted-imports',
  "import type { Server } from 'node:http';\nexport type T = Server;": 'no-restricted-imports',
  "export { readFileSync } from 'node:fs';": 'no-restricted-imports',
  "export const t = await import('node:fs');": 'no-restricted-imports',
  "import { a } from './index.ts';\nexport const t = a;": 'no-restricted-imports',
  "import { a } from '../deep/index.ts';\nexport const t = a;": 'no-restricted-imports',
};

/** Uses that look alike and are allowed. */
const allowed = [
  'export const later = (run: () => void): void => queueMicrotask(run);',
  'export const parse = (text: string): number => Date.parse(text);',
  'export const now = (clock: { now(): number }): number => clock.now();',
  "export { a } from './index-of-dispersion.ts';",
];

interface Finding {
  code: string;
  filename: string;
}

let workspace: string;
let findings: Finding[];

const policy = (index: number): string => `packages/core/src/policy-${index}.ts`;
const adapter = 'packages/core/src/system-clock.ts';

beforeAll(() => {
  // A workspace of its own, so that the rules meet real paths and nothing is written among the sources.
  workspace = mkdtempSync(join(tmpdir(), 'holdfast-lint-'));
  copyFileSync(join(root, '.oxlintrc.json'), join(workspace, '.oxlintrc.json'));
  const lines = [...Object.keys(forbidden), ...allowed];
  for (const [index, code] of lines.entries()) write(policy(index), code);
  write(adapter, Object.keys(forbidden)[0] ?? '');
  write('packages/core/src/policy.test.ts', Object.keys(forbidden)[0] ?? '');
  findings = lint();
});

afterAll(() => rmSync(workspace, { recursive: true }));

function write(path: string, code: string): void {
  mkdirSync(dirname(join(workspace, path)), { recursive: true });
  writeFileSync(join(workspace, path), `${code}\n`);
}

function lint(): Finding[] {
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');
  // The guard's rules need no types; type-aware linting would need a whole installed workspace.
  const config = join(workspace, '.oxlintrc.json');
  const run = spawnSync(process.execPath, [oxlint, '-c', config, '--format=json'], { cwd: workspace, encoding: 'utf8' });
  return (JSON.parse(run.stdout) as { diagnostics: Finding[] }).diagnostics;
}

const rulesAt = (path: string): string[] =>
  findings.filter(({ filename }) => filename === path).map(({ code }) => code.replace(/^.*\((.*)\)$/, '$1'));

test.each(Object.entries(forbidden).map(([code, rule], index) => ({ code, rule, index })))(
  'the linter refuses $code',
  ({ rule, index }) => {
    expect(rulesAt(policy(index))).toContain(rule);
  },
);

test.each(allowed.map((code, index) => ({ code, index })))('the linter allows $code', ({ index }) => {
  expect(rulesAt(policy(Object.keys(forbidden).length + index))).toEqual([]);
});

test('a named adapter file and a test may touch the system', () => {
  expect(rulesAt(adapter)).toEqual([]);
  expect(rulesAt('packages/core/src/policy.test.ts')).toEqual([]);
});
