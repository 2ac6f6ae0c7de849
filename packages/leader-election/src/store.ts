import type { Lease, LeaseRecord } from './lease.ts';

/** What a watch tells. */
export type LeaseChange =
  /** The lease is so now; or was, if a later change follows. */
  | { readonly type: 'written'; readonly lease: Lease }
  /** It was deleted, by a write of this revision. */
  | { readonly type: 'deleted'; readonly revision: bigint }
  /** Something may have changed: read to know. */
  | { readonly type: 'hint' }
  /** Nothing changed; the stream is alive. */
  | { readonly type: 'alive' };

/**
 * Where leases are kept: a register for each name that is only ever written by compare-and-set. All that makes an election safe stands
 * above this contract; a store answers for three things: that of two writes over the same revision at most one succeeds, that a read
 * sees every write answered before it began (a quorum read, no replica, no cache), and that revisions only grow.
 */
export interface LeaseStore {
  /** For errors and events, such as `kubernetes`. */
  readonly kind: string;

  /** @returns the lease as it is now, `undefined` where there is none. @throws {LeaseStoreError} if it is not known. */
  read(name: string, signal: AbortSignal): Promise<Lease | undefined>;

  /**
   * Writes `next` if the lease is still the one that was seen, in the same revision and not deleted and made anew meanwhile; with
   * `seen` undefined, if there is still none.
   * @returns the lease as written, `undefined` if it was not as seen and nothing was written.
   * @throws {LeaseStoreError} otherwise; with `mayBeWritten` if it is not known whether it was.
   */
  write(name: string, seen: Lease | undefined, next: LeaseRecord, signal: AbortSignal): Promise<Lease | undefined>;

  /**
   * Tells of every change after `seen` until the signal aborts or the stream ends, as streams do: the caller reads, and watches again.
   * Changes may come late, twice, or not at all; a lease is never taken on the word of a watch. As soon as the stream stands it says
   * `alive` (or anything else): until then the caller polls, and after 30 s it takes the watch for broken.
   * @param seen the last lease read, `undefined` if there was none.
   * @returns when the stream has ended, or the signal aborted. @throws {LeaseStoreError} if it broke or could not begin.
   */
  watch?(name: string, seen: Lease | undefined, onChange: (change: LeaseChange) => void, signal: AbortSignal): Promise<void>;
}

/** What went wrong with a request, as far as an elector or an operator acts on it. */
export type StoreFault =
  /** No answer, or none that says what happened: the network, a server that is down or starting, a time-out. */
  | 'unreachable'
  /** The server asks for fewer requests. */
  | 'throttled'
  /** Credentials were refused. */
  | 'unauthorized'
  /** The credentials are known, and may not do this: a matter of configuration. */
  | 'forbidden'
  /** The request can never succeed as it is: a matter of configuration. */
  | 'invalid';

export interface StoreErrorDetails {
  readonly fault: StoreFault;
  /** Whether a write may have taken place in spite of the error. */
  readonly mayBeWritten: boolean;
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** A request that a store could not carry out, or whose outcome it does not know. Anything else a store throws counts as `unreachable`, perhaps written. */
export class LeaseStoreError extends Error {
  override readonly name = 'LeaseStoreError';
  readonly fault: StoreFault;
  readonly mayBeWritten: boolean;
  readonly retryAfterMs: number | undefined;
  constructor(message: string, { fault, mayBeWritten, retryAfterMs, cause }: StoreErrorDetails) {
    super(message, cause === undefined ? {} : { cause });
    this.fault = fault;
    this.mayBeWritten = mayBeWritten;
    this.retryAfterMs = retryAfterMs;
  }
}
