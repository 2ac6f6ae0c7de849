import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { shutdownSignal } from './shutdown-signal.ts';

const source = join(import.meta.dirname, 'shutdown-signal.ts');

/** A process that ends its work only when told twice, or, told to be quick, after the first time. */
function member(mode: 'slow' | 'quick') {
  const program = `
    import { shutdownSignal } from ${JSON.stringify(source)};
    const alive = setInterval(() => {}, 1_000);
    shutdownSignal().addEventListener('abort', ({ target }) => {
      console.log(target.reason.message);
      if (${JSON.stringify(mode)} === 'quick') clearInterval(alive);
    });
    console.log('ready');
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  const said = async (words: string): Promise<void> => {
    while (!text.includes(words)) text += String((await once(child.stdout, 'data'))[0]);
  };
  return { child, said, exited: once(child, 'exit') };
}

test('aborts at the first signal, and the process ends when its work has', { timeout: 20_000 }, async () => {
  const { child, said, exited } = member('quick');
  await said('ready');
  child.kill('SIGTERM');
  await said('the process was asked to end (SIGTERM)');
  expect(await exited).toEqual([0, null]);
});

test('a second signal ends the process at once', { timeout: 20_000 }, async () => {
  const { child, said, exited } = member('slow');
  await said('ready');
  child.kill('SIGINT');
  await said('(SIGINT)');
  child.kill('SIGTERM');
  expect(await exited).toEqual([143, null]);
});

test.each([[[]], [['SIGKILL']], ['SIGTERM'], [[1]]])('refuses %j as signals', (signals) => {
  expect(() => shutdownSignal({ signals: signals as never })).toThrow('option signals must be a list');
});
