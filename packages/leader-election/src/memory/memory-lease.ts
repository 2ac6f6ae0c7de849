import type { Lease, LeaseRecord } from '../lease.ts';
import { recordOf } from '../elector/record.ts';
import { LeaseStoreError } from '../store.ts';
import type { LeaseChange, LeaseStore } from '../store.ts';

/** Leases in the memory of this process. */
export interface MemoryLease extends LeaseStore {
  readonly kind: 'memory';
  watch(name: string, seen: Lease | undefined, onChange: (change: LeaseChange) => void, signal: AbortSignal): Promise<void>;
  /** Deletes a lease, as an operator would. @returns whether there was one. */
  remove(name: string): boolean;
}

/** What is kept of a name; it stays when the lease is deleted, so that the revisions go on. */
interface Register {
  lease: Lease | undefined;
  /** Of the last write or deletion; 0 before the first. */
  revision: bigint;
  readonly watches: Set<() => void>;
}

/**
 * Keeps leases in the memory of one process, for tests, for simulations, and for candidates that are threads of work in one process.
 * Electors compete for a lease if they are given the same object. Revisions count the writes and deletions of each name from 1.
 *
 * It has no timer and no clock: every request settles, and every watch is told, within a few microtasks and in the order of the
 * writes, so that it runs the same under a virtual clock each time. Nothing outlives the process, and neither do its fencing tokens:
 * the next process begins again at 1.
 */
export function memoryLease(): MemoryLease {
  const registers = new Map<string, Register>();
  const registerOf = (name: string): Register => {
    const known = registers.get(name);
    if (known !== undefined) return known;
    const register: Register = { lease: undefined, revision: 0n, watches: new Set() };
    registers.set(name, register);
    return register;
  };
  return {
    kind: 'memory',
    async read(name, signal) {
      await turn(signal);
      return registers.get(name)?.lease;
    },
    async write(name, seen, next, signal) {
      await turn(signal);
      const register = registerOf(name);
      if (register.lease?.revision !== seen?.revision) return undefined;
      return change(register, next);
    },
    watch: (name, seen, onChange, signal) => watch(registerOf(name), seen, onChange, signal),
    remove(name) {
      const register = registerOf(name);
      if (register.lease === undefined) return false;
      change(register, undefined);
      return true;
    },
  };
}

/** A request takes a turn, as every other store's does: what was asked before it comes before it, and it can still be called off. */
async function turn(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await Promise.resolve();
  if (!signal.aborted) return;
  const details = { fault: 'unreachable', mayBeWritten: false, cause: signal.reason } as const;
  throw new LeaseStoreError('memoryLease: the request was called off before it was carried out', details);
}

function change(register: Register, next: LeaseRecord | undefined): Lease | undefined {
  register.revision += 1n;
  register.lease = next && Object.freeze({ ...recordOf(next), revision: register.revision });
  for (const tell of register.watches) tell();
  return register.lease;
}

function watch(
  register: Register,
  seen: Lease | undefined,
  onChange: (change: LeaseChange) => void,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  /** Told of what is now, later in this turn: the writer's own code goes first. */
  const say = (said: LeaseChange): void => {
    queueMicrotask(() => {
      if (!signal.aborted) onChange(said);
    });
  };
  const tell = (): void => {
    const { lease, revision } = register;
    say(lease === undefined ? { type: 'deleted', revision } : { type: 'written', lease });
  };
  say({ type: 'alive' });
  if (register.lease?.revision !== seen?.revision) tell();
  register.watches.add(tell);
  return new Promise((resolve) => {
    const end = (): void => {
      register.watches.delete(tell);
      resolve();
    };
    signal.addEventListener('abort', end, { once: true });
  });
}
