import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { allSnippets, snippetsOf } from './snippets.ts';

// A reader copies a whole block and runs it, so a block is a whole program and is run here as one. What needs a server or a
// framework, or shows a shape, is fenced as "ts no-run" and type-checked only; the reader sees no difference.
const root = join(import.meta.dirname, '..');
/** Inside docs, where every package of the workspace resolves; ignored by git. */
const folder = join(root, 'docs', '.snippets');
const snippets = allSnippets(root);
const fileOf = (where: string): string => `${where.replaceAll('/', '__').replace(':', '.')}.ts`;
const run = promisify(execFile);

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { where, code } of snippets) writeFileSync(join(folder, fileOf(where)), code);
  writeFileSync(join(folder, 'none.ts'), '// Keeps tsc content when no page has code.\n');
});

describe('the code in the pages', () => {
  test('is fenced as `ts` or `ts no-run`', () => {
    expect(snippets.filter(({ flag }) => flag !== '' && flag !== 'no-run')).toEqual([]);
  });

  test('type-checks', { timeout: 60_000 }, async () => {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const config = join(root, 'docs/tsconfig.snippets.json');
    const found = await run(process.execPath, [tsc, '-p', config], { cwd: root }).then(
      ({ stdout }) => stdout,
      (error: unknown) => (error as { stdout: string }).stdout || String(error),
    );
    expect(found).toBe('');
  });

  const programs = snippets.filter(({ flag }) => flag === '');
  test.concurrent.for(programs)('runs: $where', { timeout: 30_000 }, async ({ where }, { expect }) => {
    const program = run(process.execPath, [join(folder, fileOf(where))], { cwd: folder, timeout: 20_000 });
    await expect(program).resolves.toBeDefined();
  });
});

test('a block keeps the line numbers of its page', () => {
  const page = ['# Title', '', '```ts no-run', 'const a = 1;', '```', '', '```ts', 'const b = 2;', '```', ''].join('\n');
  expect(snippetsOf('README.md', page)).toEqual([
    { where: 'README.md:4', code: '\n\n\nconst a = 1;\n', flag: 'no-run' },
    { where: 'README.md:8', code: `${'\n'.repeat(7)}const b = 2;\n`, flag: '' },
  ]);
});
