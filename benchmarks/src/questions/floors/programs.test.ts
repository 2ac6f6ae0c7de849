import { expect, test } from 'vitest';
import { awaited, handled, raced, racedAwaited, racedWithoutStack } from './programs.ts';
import type { Program } from './programs.ts';

async function operation(): Promise<number> {
  await Promise.resolve();
  return 1;
}

async function failing(): Promise<never> {
  await Promise.resolve();
  throw new Error('failed');
}

async function caller(program: Program, operation: () => Promise<number>): Promise<number> {
  return await program(operation);
}

const programs = { handled, awaited, raced, racedAwaited, racedWithoutStack };

test.each(Object.entries(programs))('%s ends as its operation does', async (_name, program) => {
  await expect(caller(program, operation)).resolves.toBe(1);
  await expect(caller(program, failing)).rejects.toThrow('failed');
});

test.each([
  ['handled', true],
  ['awaited', true],
  ['raced', true],
  ['racedAwaited', true],
  ['racedWithoutStack', false],
] as const)('the stack of an error in %s leads to the caller: %s', async (name, leads) => {
  const error = await caller(programs[name], failing).catch((error: unknown) => error as Error);
  expect((error as Error).stack!.includes('caller')).toBe(leads);
});
