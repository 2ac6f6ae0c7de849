import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test('importing @holdfast/fetch loads no undici and leaves the global dispatcher alone', () => {
  const program = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ resolve: (name, context, next) => { loaded.push(name); return next(name, context); } });
    const dispatchers = () => [1, 2].map((n) => Symbol.for('undici.globalDispatcher.' + n) in globalThis).join();
    const before = dispatchers();
    await import(${JSON.stringify(join(import.meta.dirname, '../src/index.ts'))});
    console.log(JSON.stringify({ loaded, same: dispatchers() === before }));
  `;

  const { stdout, stderr } = spawnSync(process.execPath, ['--no-warnings', '--input-type=module', '--eval', program], {
    encoding: 'utf8',
  });

  expect(stderr).toBe('');
  const { loaded, same } = JSON.parse(stdout) as { loaded: string[]; same: boolean };
  expect(loaded).toContain('@holdfast/core');
  expect(loaded.filter((name) => name.includes('undici') || name.startsWith('node:'))).toEqual([]);
  expect(same).toBe(true);
}, 20_000);
