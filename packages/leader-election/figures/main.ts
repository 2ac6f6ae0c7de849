// Measures what `docs/leader-election.md` tells, and writes that page: `pnpm exec node packages/leader-election/figures/main.ts [--backend etcd,postgres] [--only crash,hand-over]`.
// All of it takes about twenty minutes. Kubernetes is measured if KUBECONFIG names an API server on this machine, etcd and Redis if their
// programs are found; what is not measured now stays as it was.
import { parseArgs } from 'node:util';
import type { Row } from '../../../benchmarks/src/answer.ts';
import type { Backend } from '../test/chaos/backend.ts';
import { crash, measureCrash } from './crash.ts';
import { handOver, measureHandOver } from './hand-over.ts';
import { writePage } from './page.ts';
import { huntMutants, mutants } from './mutants.ts';
import { imports, inProcess, measureImports, measureMemory, measureProcess, memory } from './process.ts';
import { measureRequests, requests } from './requests.ts';
import { loadResults, rowsOf, saveRow, saveRows } from './results.ts';
import { servers } from './servers.ts';
import type { ServerName } from './servers.ts';
import { crashSimulated, handOverSimulated, simulateCrash, simulateHandOver } from './simulation.ts';

const { values } = parseArgs({ options: { backend: { type: 'string' }, only: { type: 'string' } } });
const all = Object.keys(servers) as ServerName[];
const chosen = all.filter((name) => values.backend?.split(',').includes(name) ?? true);
const asked = (id: string): boolean => values.only?.split(',').includes(id) ?? true;

async function whole(id: string, measure: () => Promise<readonly Row[]>): Promise<void> {
  if (!asked(id)) return;
  console.log(`${id} …`);
  const rows = await measure();
  console.table(rows);
  saveRows(id, rows);
}

/** Of each of the backends that are here, one after the other so that none disturbs another; or of all at a time, if nearly nothing happens. */
async function perBackend(
  id: string,
  measure: (backend: Backend) => Promise<Row>,
  { atOnce }: { atOnce: boolean },
): Promise<void> {
  if (!asked(id)) return;
  const one = async (name: ServerName): Promise<void> => {
    await using atEnd = new AsyncDisposableStack();
    const backend = await servers[name](atEnd);
    if (backend === undefined) return console.log(`${id}: no ${name} here`);
    console.log(`${id} of ${name} …`);
    const row = await measure(backend);
    console.table([row]);
    saveRow(id, row);
  };
  if (atOnce) await Promise.all(chosen.map(one));
  else for (const name of chosen) await one(name);
}

await perBackend(crash.id, measureCrash, { atOnce: false });
await perBackend(handOver.id, measureHandOver, { atOnce: false });
await perBackend(requests.id, measureRequests, { atOnce: true });
await perBackend(memory.id, measureMemory, { atOnce: false });
await whole(crashSimulated.id, () => simulateCrash(requestTimes()));
await whole(handOverSimulated.id, () => simulateHandOver(requestTimes()));
await whole(inProcess.id, measureProcess);
await whole(imports.id, measureImports);
await whole(mutants.id, huntMutants);
writePage(loadResults());

/** @throws {Error} where they have not been measured yet. */
function requestTimes(): Row {
  const times = rowsOf(loadResults(), requests.id).find(({ subject }) => subject === 'kubernetes');
  if (times === undefined)
    throw new Error('The simulation takes the times of requests to kube-apiserver: measure requests first');
  return times;
}
