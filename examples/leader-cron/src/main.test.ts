import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const main = join(import.meta.dirname, 'main.ts');

test('the job runs on one of three processes, whichever of them is killed', { timeout: 90_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [main], { timeout: 80_000 });
  const runs = [...stdout.matchAll(/^ {2}(\w+) ran the job of second \d+ under token (\d+)$/gm)];
  const tokens = new Map(runs.map(([, name, token]) => [BigInt(token!), name]));
  const killed = [...stdout.matchAll(/^ {2}(\w+) is killed$/gm)].map(([, name]) => name);

  expect(stdout).toContain('seconds with two: 0');
  expect(killed).toHaveLength(3);
  expect(new Set(killed)).toEqual(new Set(['ann', 'ben', 'cy']));
  expect(tokens.size).toBeGreaterThanOrEqual(4); // a term for each that was killed, and one after
  const grow = [...tokens.keys()].every((token, index, all) => index === 0 || token > all[index - 1]!);
  expect(grow).toBe(true);
});
