import { describe, expect, test } from 'vitest';
import type { Backend } from '../chaos/backend.ts';
import { etcdBackend, fileBackend, kubernetesBackend, redisBackend } from '../chaos/backends.ts';
import { chaos } from '../chaos/chaos.ts';
import type { Report } from '../chaos/chaos.ts';
import { inFolder } from '../chaos/folder.ts';
import { withPostgres } from '../chaos/postgres.ts';
import { allFaults, endsTheTerm } from '../chaos/schedule.ts';
import { withEngine } from './engine.ts';

/** Another seed, another order of other faults to others: `HOLDFAST_CHAOS_SEED=7 pnpm test:engines chaos`. */
const seed = Number(process.env['HOLDFAST_CHAOS_SEED'] ?? 1);
const MEMBERS = 4;

function suffers(name: string, run: (use: (backend: Backend) => Promise<Report>) => Promise<Report>): void {
  test(`one leads at a time over ${name}, whatever happens (seed ${seed})`, { timeout: 90_000 }, async () => {
    const report = await run((backend) => chaos(backend, allFaults(seed, backend.server !== undefined), MEMBERS));

    expect(report.failures).toEqual([]);
    const fatal = allFaults(seed, name !== 'files').filter(endsTheTerm);
    expect(report.terms).toBeGreaterThan(fatal.length);
  });
}

// These two need no engine, and have a short run among the other tests.
describe.skipIf(process.env['HOLDFAST_ENGINES_FOLDER'] === undefined)('without an engine', () => {
  suffers('files', (use) => inFolder((folder) => use(fileBackend(folder))));
  suffers('PostgreSQL', (use) => withPostgres(use));
});

withEngine('etcd', ['HOLDFAST_ETCD_ENDPOINT'], (endpoint) => suffers('etcd', (use) => use(etcdBackend(endpoint))));

withEngine('redis', ['HOLDFAST_REDIS_URL'], (url) => suffers('Redis', (use) => use(redisBackend(url))));

withEngine('kubernetes', ['KUBECONFIG'], (kubeconfig) =>
  suffers('Kubernetes', (use) => inFolder((folder) => use(kubernetesBackend(kubeconfig, folder)))),
);
