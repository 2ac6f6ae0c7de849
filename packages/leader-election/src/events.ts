import type { EventBase } from '@holdfast/core';
import type { Fact } from './elector/inputs.ts';
import type { Leader } from './leader.ts';

export interface OfElection extends EventBase {
  /** Name of the election. */
  readonly election: string;
  /** The candidate in this process that it happened to. */
  readonly identity: string;
}

type FactOf<T extends Fact['type']> = Omit<Extract<Fact, { type: T }>, 'type'>;

declare module '@holdfast/core' {
  interface HoldfastEvents {
    /** This candidate leads from now on. */
    'term.started': OfElection & FactOf<'term.started'>;
    /** The signal of the term is aborted; its work may still be ending. */
    'term.ending': OfElection & FactOf<'term.ending'>;
    /** The work has ended, and the lease was released if it could be; or the candidate was stopped, and has waited for the work in vain. */
    'term.ended': OfElection & FactOf<'term.ended'>;
    /** The work of a term threw, or rejected, while the term went on. */
    'term.failed': OfElection & { readonly token: bigint; readonly error: unknown };
    'lease.renewed': OfElection & FactOf<'lease.renewed'>;
    'lease.released': OfElection & FactOf<'lease.released'>;
    'lease.request_failed': OfElection & FactOf<'lease.request_failed'>;
    /** The watch on the lease could not begin, or broke; meanwhile the lease is polled. */
    'lease.watch_failed': OfElection & { readonly error: unknown };
    /** The wall clock ran ahead of the monotonic one: it was set, or the machine slept. A renewal settles whether this is still the leader. */
    'clock.jumped': OfElection & FactOf<'clock.jumped'>;
    /** Another candidate leads, or nobody does. */
    'leader.changed': OfElection & { readonly leader: Leader | undefined };
  }
}
