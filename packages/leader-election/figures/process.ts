import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Column, Row } from '../../../benchmarks/src/answer.ts';
import { askChild } from '../../../benchmarks/src/child.ts';
import { median } from '../../../benchmarks/src/harness/statistics.ts';
import { consumer } from '../../../benchmarks/src/questions/import-and-size/consumer.ts';
import { importTimes, SCRIPT } from '../../../benchmarks/src/questions/import-and-size/import-time.ts';
import type { Backend } from '../test/chaos/backend.ts';
import type { Section } from './section.ts';

const ROUNDS = 15;
const RSS_ROUNDS = 7;
const PACKAGE = '@holdfast/leader-election';
/** Of Node itself, which stores over HTTP load when they are made. */
const FLOOR = 'node:https';
const DOORS: readonly string[] = ['', '/kubernetes', '/postgres', '/etcd', '/redis', '/file', '/memory'];

const figureColumns: readonly Column[] = [
  { key: 'bytes', title: 'memory', unit: 'bytes' },
  { key: 'ns', title: 'time', unit: 'ns' },
];

export const inProcess: Section = {
  id: 'in-process',
  title: 'What does it take of the process?',
  about: `An extra elector: how the heap of a process grew, after collection, by 1 000 more candidates that follow an eleventh over the store in memory, \
for each. \`assertLeader()\`: two clock reads and a comparison, in computing time, the median of 31 turns of 100 000 calls.`,
  columns: figureColumns,
  charts: [],
};

export const memory: Section = {
  id: 'memory',
  title: 'What does an extra elector take of the heap?',
  about: `How the heap of a process grew, after collection, by 200 more candidates of one election that follow an eleventh, for each, with its watch \
of the store and all that Node keeps for that. The elector alone is [below](#in-process). Memory outside of the heap, such as that of sockets, is not counted.`,
  columns: [{ key: 'bytes', title: 'memory', unit: 'bytes' }],
  charts: [],
};

export async function measureMemory(backend: Backend): Promise<Row> {
  const spec = backend.spec(backend.server?.port ?? 0);
  return { subject: backend.name, ours: true, bytes: await heapBytes([JSON.stringify({ ...spec })]) };
}

const heapBytes = (args: readonly string[] = []): Promise<number> =>
  askChild<number>(new URL('process/memory.ts', import.meta.url), { flags: ['--expose-gc'], args });

export async function measureProcess(): Promise<readonly Row[]> {
  const bytes = await heapBytes();
  const ns = await askChild<number>(new URL('process/guard.ts', import.meta.url));
  return [
    { subject: 'an extra elector', ours: true, bytes, ns: null },
    { subject: 'assertLeader()', ours: true, bytes: null, ns },
  ];
}

export const imports: Section = {
  id: 'imports',
  title: 'How long does the import take?',
  about: `Each entry as it is published, the package itself (with \`@holdfast/core\`, which it needs) beside its stores alone: the first \`import()\` in a \
fresh process beyond that of an empty package, the median of ${ROUNDS}, and how much more memory the process has resident then, the median of ${RSS_ROUNDS}. \
Nothing else is imported: not pg, not a Redis client, which are yours. \`${FLOOR}\` is a module of Node’s own, which the stores over HTTP load when they \
are made, if the service has not done so already.`,
  columns: [
    { key: 'importMs', title: 'import', unit: 'ms' },
    { key: 'cpuMs', title: 'import, CPU', unit: 'ms' },
    { key: 'rss', title: 'resident', unit: 'bytes' },
  ],
  charts: [],
};

const RSS_SCRIPT = `await import(process.argv[2]);
globalThis.gc();
process.stdout.write(String(process.memoryUsage().rss), () => process.exit(0));
`;

export async function measureImports(): Promise<readonly Row[]> {
  using project = await consumer([]);
  const specifiers = [...DOORS.map((door) => PACKAGE + door), FLOOR];
  const times = await importTimes(project.write('import-time.js', SCRIPT), specifiers, project.empty, ROUNDS);
  const script = project.write('resident.js', RSS_SCRIPT);
  const rows: Row[] = [];
  for (const specifier of specifiers) {
    const { wallMs, cpuMs } = times.get(specifier)!;
    rows.push({
      subject: specifier,
      ours: specifier !== FLOOR,
      importMs: wallMs,
      cpuMs,
      rss: await residentBytes(script, specifier, project.empty),
    });
  }
  return rows;
}

const run = promisify(execFile);

async function residentBytes(script: string, specifier: string, empty: string): Promise<number> {
  const residentAfter = async (name: string): Promise<number> =>
    Number((await run(process.execPath, ['--expose-gc', script, name])).stdout);
  const more: number[] = [];
  for (let round = 0; round < RSS_ROUNDS; round++) more.push((await residentAfter(specifier)) - (await residentAfter(empty)));
  return median(more);
}
