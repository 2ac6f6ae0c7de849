import type { Lease } from '../src/lease.ts';

/** What happened in a run, for people, and to compare two runs. */
export class Journal {
  readonly lines: string[] = [];

  add(atMs: number, node: number | undefined, text: string): void {
    const who = node === undefined ? '' : `node-${node}`;
    this.lines.push(`${atMs.toFixed(1).padStart(10)}  ${who.padEnd(7)} ${text}`);
  }
}

export function leaseText(lease: Lease | undefined): string {
  if (lease === undefined) return 'no lease';
  const { revision, holder, termId, renewal, handOffTo, reservedBecause } = lease;
  const whose = holder === '' ? 'free' : `of ${termId}, write ${renewal}`;
  return `revision ${revision}, ${whose}${handOffTo === '' ? '' : `, for ${handOffTo}`}${reservedBecause === undefined ? '' : ', assigned'}`;
}
