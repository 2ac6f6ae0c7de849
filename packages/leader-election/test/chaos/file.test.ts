import { expect, test } from 'vitest';
import { fileBackend } from './backends.ts';
import { chaos } from './chaos.ts';
import { inFolder } from './folder.ts';
import type { Round } from './schedule.ts';

const rounds: readonly Round[] = [
  { fault: 'stall', target: 'leader', holdMs: 0 },
  { fault: 'kill', target: 'leader', holdMs: 0 },
  { fault: 'terminate', target: 'leader', holdMs: 0 },
];

test('one leads at a time over files, and a leader that overslept writes nothing', { timeout: 60_000 }, async () => {
  const report = await inFolder((folder) => chaos(fileBackend(folder), rounds));

  expect(report.failures).toEqual([]);
  expect(report.terms).toBeGreaterThanOrEqual(4);
  expect(report.refused).toBeGreaterThanOrEqual(1);
});
