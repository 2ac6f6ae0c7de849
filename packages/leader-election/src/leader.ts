import type { Lease } from './lease.ts';

/** Who holds a lease, as far as this process knows. */
export interface Leader {
  readonly identity: string;
  /** Whether it is this candidate. */
  readonly isSelf: boolean;
  /** When it took the lease, by its own wall clock, in milliseconds since 1970. */
  readonly acquiredAtMs: number;
  /** How often the holder has changed. Not a fencing token. */
  readonly transitions: number;
}

export function leaderOf(lease: Lease | undefined, isSelf: boolean): Leader | undefined {
  if (lease === undefined || lease.holder === '') return undefined;
  return { identity: lease.holder, isSelf, acquiredAtMs: lease.acquiredAtMs, transitions: lease.transitions };
}
