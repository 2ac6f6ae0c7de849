import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** Runs the sources in a process of its own: what the platform has is asked for once, when they are loaded. */
async function seenWhere(platform: string): Promise<unknown> {
  const program = `
    const print = console.log;
    ${platform}
    const { pipeline, openCall } = await import('@holdfast/core');
    const { withCall, currentCall } = await import('./src/ambient.ts');
    const request = openCall('request', { timeoutMs: 60_000 });
    const seen = await withCall(request, async () => {
      const atOnce = currentCall() === request;
      await undefined;
      const remainingMs = await pipeline('service').run((call) => call.remainingMs());
      return { atOnce, afterAwait: currentCall() === request, limited: remainingMs <= 60_000 };
    });
    const passedOn = await pipeline('service').run((call) => call.remainingMs() <= 60_000, request);
    request.close();
    print(JSON.stringify({ ...seen, passedOn }));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: join(import.meta.dirname, '..'),
  });
  return JSON.parse(stdout);
}

test('where the platform has async context, it is found', { timeout: 30_000 }, async () => {
  expect(await seenWhere('')).toEqual({ atOnce: true, afterAwait: true, limited: true, passedOn: true });
});

test.each([
  ['no process, as in a browser', 'delete globalThis.process;'],
  ['a process that has no modules to give', 'delete process.getBuiltinModule;'],
  ['no such module', 'process.getBuiltinModule = () => undefined;'],
])('with %s the function runs, and calls are bound by what they are given', { timeout: 30_000 }, async (_what, platform) => {
  expect(await seenWhere(platform)).toEqual({ atOnce: false, afterAwait: false, limited: false, passedOn: true });
});
