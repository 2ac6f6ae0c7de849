import type { Column } from '../../../benchmarks/src/answer.ts';
import type { Results } from '../../../benchmarks/src/results.ts';
import { rowsOf } from './results.ts';

/** A figure that we hold ourselves to. */
export interface Target {
  readonly what: string;
  /** Where the figure is: the id of the section, the subject of the row, the key of the column. */
  readonly section: string;
  readonly subject: string;
  readonly column: string;
  readonly unit: Column['unit'];
  readonly atMost: number;
  /** Why it is missed, where it is. */
  readonly why?: string;
}

export interface Verdict extends Target {
  /** `undefined` where it has not been measured. */
  readonly measured: number | undefined;
  readonly met: boolean;
}

/** Up to 40 ms are waited so that not all followers write at once; the rest is a release, a read and a write, one after the other. */
const REQUESTS = 'the requests are slow on a machine that is busy with other things';
const BUSY = 'in wall-clock time, on a machine that is busy with other things; the computing time is below';

const handOvers = ['kubernetes', 'etcd', 'postgres'].flatMap((subject): Target[] => {
  const at = { section: 'hand-over', subject, unit: 'ms' } as const;
  return [
    { ...at, what: `Clean hand-over over ${subject}, from the signal, p50`, column: 'p50', atMost: 50, why: REQUESTS },
    { ...at, what: `Clean hand-over over ${subject}, from the signal, p99`, column: 'p99', atMost: 250, why: REQUESTS },
  ];
});

/** Those with a server. Followers of a file read it at each renewal: its watch tells only that there was a write. */
const asked = ['kubernetes', 'etcd', 'postgres', 'redis'].flatMap((subject): Target[] => {
  const at = { section: 'requests', subject, unit: 'count' } as const;
  return [
    { ...at, what: `Writes of a leader over ${subject}, a minute`, column: 'leaderWrites', atMost: 30 },
    { ...at, what: `Requests of a follower over ${subject}, a minute`, column: 'follower', atMost: 4.2 },
  ];
});

const imported = ['', '/kubernetes', '/postgres', '/etcd', '/redis', '/file', '/memory'].map((door): Target => {
  const subject = `@holdfast/leader-election${door}`;
  return { what: `Import of ${subject}`, section: 'imports', subject, column: 'importMs', unit: 'ms', atMost: 30, why: BUSY };
});

const simulated = { section: 'crash-simulated', subject: 'holdfast, 2 followers', unit: 'ms' } as const;

export const TARGETS: readonly Target[] = [
  { ...simulated, what: 'Failover after a crash at the defaults, 2 followers, p50', column: 'p50', atMost: 14_600 },
  { ...simulated, what: 'Failover after a crash at the defaults, 2 followers, p99', column: 'p99', atMost: 15_700 },
  ...handOvers,
  ...asked,
  { what: 'An extra elector', section: 'in-process', subject: 'an extra elector', column: 'bytes', unit: 'bytes', atMost: 8_192 },
  { what: 'assertLeader()', section: 'in-process', subject: 'assertLeader()', column: 'ns', unit: 'ns', atMost: 200 },
  ...imported,
];

export function judge(results: Results): readonly Verdict[] {
  return TARGETS.map((target) => {
    const found = rowsOf(results, target.section).find(({ subject }) => subject === target.subject)?.[target.column];
    const measured = typeof found === 'number' ? found : undefined;
    return { ...target, measured, met: measured !== undefined && measured <= target.atMost };
  });
}
