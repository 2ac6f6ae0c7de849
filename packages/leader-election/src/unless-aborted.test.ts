import { expect, test } from 'vitest';
import { unlessAborted } from './unless-aborted.ts';

const givenUp = (): Error => new Error('given up');

test('passes on what comes of the work while somebody wants it', async () => {
  const { signal } = new AbortController();

  expect(await unlessAborted(Promise.resolve(7), signal, givenUp)).toBe(7);
  await expect(unlessAborted(Promise.reject(new Error('broken')), signal, givenUp)).rejects.toThrow('broken');
});

test('rejects as soon as nobody wants it, and lets nothing be heard of its late end', async () => {
  for (const late of ['success', 'failure']) {
    const wanted = new AbortController();
    const work = Promise.withResolvers<void>();
    const outcome = unlessAborted(work.promise, wanted.signal, givenUp);

    wanted.abort();

    await expect(outcome).rejects.toThrow('given up');
    if (late === 'success') work.resolve();
    else work.reject(new Error('late')); // unhandled, it would fail the run
  }
});
