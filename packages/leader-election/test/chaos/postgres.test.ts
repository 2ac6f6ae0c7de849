import { expect, test } from 'vitest';
import { chaos } from './chaos.ts';
import { withPostgres } from './postgres.ts';
import type { Round } from './schedule.ts';

const rounds: readonly Round[] = [
  { fault: 'deaf', target: 'leader', holdMs: 0 },
  { fault: 'terminate', target: 'leader', holdMs: 0 },
];

test('one leads at a time over PostgreSQL, though answers are lost and processes end', { timeout: 60_000 }, async () => {
  const report = await withPostgres((backend) => chaos(backend, rounds));

  expect(report.failures).toEqual([]);
  expect(report.terms).toBeGreaterThanOrEqual(3);
});
