// Copies of a test file within one process, each with modules of its own: a suite for each, with a number for a name.
import { describe } from 'vitest';

export function copy(number: number, load: () => Promise<void>): void {
  describe(`${number}`, async () => {
    await load();
  });
}

/** The copy a test is in, and its name in the file. */
export function split(name: string): { copy: number; test: string } {
  const at = name.indexOf(' > ');
  return { copy: Number(name.slice(0, at)), test: name.slice(at + 3) };
}
