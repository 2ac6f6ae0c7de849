import type { Answer, Effort, Question, Row } from '../answer.ts';
import { bundleSize } from './import-and-size/bundle-size.ts';
import { consumer } from './import-and-size/consumer.ts';
import type { Consumer } from './import-and-size/consumer.ts';
import { importTimes, SCRIPT } from './import-and-size/import-time.ts';
import type { ImportTime } from './import-and-size/import-time.ts';

const PEERS = ['opossum', 'cockatiel', 'p-retry', 'bottleneck'] as const;
const ROUNDS = { short: 5, full: 31 } as const;
/** What the import of a peer takes, in computing time, on the machine of the published page when it is at rest. */
const YARDSTICK = { specifier: 'opossum', cpuMs: 2.5 };

/** What a service really takes, by names: the rest is left out of its bundle. */
const PARTS: readonly { readonly names: string; readonly of: string }[] = [
  { names: 'pipeline', of: '@holdfast/core' },
  { names: 'pipeline, circuitBreaker', of: 'holdfast' },
  { names: 'resilient', of: 'holdfast' },
  { names: 'circuitBreaker, ConsecutiveBreaker, handleAll', of: 'cockatiel' },
];

interface Entry {
  readonly subject: string;
  readonly ours: boolean;
  /** What a bundle of it would be made of. */
  readonly code: string;
  /** What is imported whole. */
  readonly specifier?: string;
}

function entries({ packages }: Consumer): Entry[] {
  const whole = (specifier: string, ours: boolean): Entry => ({
    subject: specifier,
    ours,
    specifier,
    code: `export * from '${specifier}';`,
  });
  const parts = PARTS.map(({ names, of }) => ({
    subject: `{ ${names} } of ${of}`,
    ours: packages.includes(of),
    code: `export { ${names} } from '${of}';`,
  }));
  // What CommonJS exports is no name that `export *` could find.
  const peers = PEERS.map((peer) => ({
    ...whole(peer, false),
    code: `import * as all from '${peer}'; export default all;`,
  }));
  return [...packages.map((name) => whole(name, true)), ...parts, ...peers];
}

/** `slowness`: how many times as long as at rest the machine takes now. */
function timesOf(time: ImportTime | undefined, slowness: number): Pick<Row, string> {
  if (time === undefined) return { importMs: null, importCpuMs: null, importAtRestMs: null };
  return { importMs: time.wallMs, importCpuMs: time.cpuMs, importAtRestMs: time.cpuMs / slowness };
}

async function ask(effort: Effort): Promise<Answer> {
  using project = await consumer(PEERS);
  const asked = entries(project);
  const specifiers = asked.flatMap(({ specifier }) => specifier ?? []);
  const times = await importTimes(project.write('import-time.js', SCRIPT), specifiers, project.empty, ROUNDS[effort]);
  const slowness = times.get(YARDSTICK.specifier)!.cpuMs / YARDSTICK.cpuMs;
  const rows: Row[] = [];
  for (const [index, { subject, ours, code, specifier }] of asked.entries()) {
    const size = await bundleSize(project.write(`entry-${index}.js`, code));
    rows.push({ subject, ours, ...timesOf(times.get(specifier ?? ''), slowness), ...size });
  }
  return {
    id: 'import-and-size',
    title: 'How long does the import take, and how large is the bundle?',
    about: `The packages as they are published. *Import* is the first \`import()\` in a fresh process, without a compile cache, beyond that of an \
empty package in the process before it; median of ${ROUNDS[effort]}. *Import, CPU* is the computing time of all threads of that process, the \
least of as many, beyond the least of the empty package. *Gzipped* is a bundle of everything the package exports, or of the names \
given, with all its dependencies (of \`@holdfast/core\` as well), made by rolldown, minified, and compressed at level 9. Node's own modules are not in it.`,
    columns: [
      { key: 'importMs', title: 'import', unit: 'ms' },
      { key: 'importCpuMs', title: 'import, CPU', unit: 'ms' },
      { key: 'minified', title: 'minified', unit: 'bytes' },
      { key: 'gzipped', title: 'gzipped', unit: 'bytes' },
    ],
    rows,
    charts: [
      { kind: 'bars', title: 'Milliseconds of the first import', value: 'importMs' },
      { kind: 'bars', title: 'Bytes of a bundle, minified and gzipped', value: 'gzipped' },
    ],
  };
}

export const question: Question = { id: 'import-and-size', ask };
