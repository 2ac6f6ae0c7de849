import { expect, test } from 'vitest';
import type { Backend } from '../chaos/backend.ts';
import { chaos } from '../chaos/chaos.ts';
import type { Report } from '../chaos/chaos.ts';
import { allFaults, endsTheTerm } from '../chaos/schedule.ts';

/** Another seed, another order of other faults to others: `HOLDFAST_CHAOS_SEED=7 pnpm test:engines chaos`. */
const seed = Number(process.env['HOLDFAST_CHAOS_SEED'] ?? 1);
const MEMBERS = 4;

/** A file for each backend calls this, so that they run side by side: they mostly wait. */
export function suffers(name: string, run: (use: (backend: Backend) => Promise<Report>) => Promise<Report>): void {
  test(`one leads at a time over ${name}, whatever happens (seed ${seed})`, { timeout: 90_000 }, async () => {
    const report = await run((backend) => chaos(backend, allFaults(seed, backend.server !== undefined), MEMBERS));

    expect(report.failures).toEqual([]);
    const fatal = allFaults(seed, name !== 'files').filter(endsTheTerm);
    expect(report.terms).toBeGreaterThan(fatal.length);
  });
}
