import { expect, test } from 'vitest';
import type { Program } from './programs.ts';
import { listed, writtenOut } from './standard-seven.ts';

async function caller(program: Program, operation: () => Promise<number>): Promise<number> {
  return await program(operation);
}

const programs = Object.entries({ listed, writtenOut });

test.each(programs)('%s ends as its operation does', async (_name, program) => {
  await expect(caller(program, async () => 1)).resolves.toBe(1);
});

test.each(programs)('%s answers for an operation that fails', async (_name, program) => {
  await expect(caller(program, () => Promise.reject(new Error('down')))).resolves.toBe(0);
});

test.each(programs)('the stack of an error in %s leads to the caller', async (_name, program) => {
  let stack = '';
  await caller(program, async () => {
    await Promise.resolve();
    stack = new Error('here').stack!;
    return 1;
  });
  expect(stack).toContain('caller');
});

test.each(programs)('%s gives its permits back', async (_name, program) => {
  for (let call = 0; call < 100; call++) await expect(caller(program, async () => 1)).resolves.toBe(1);
});
