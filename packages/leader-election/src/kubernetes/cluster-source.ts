import type { Clock } from '@holdfast/core';
import { LeaseStoreError } from '../store.ts';
import { isReached, sameCluster } from './cluster.ts';
import type { Cluster, ClusterReader } from './cluster.ts';
import type { Machine } from './machine.ts';
import { unlessAborted } from '../unless-aborted.ts';

/** How old what was read may get. Tokens of pods are renewed at 80 % of their life, which is an hour or so: this is client-go's minute. */
const LONGEST_AGE_MS = 60_000;

/** The present way to the API server, read when it is first asked for and read again as it ages. */
export class ClusterSource {
  readonly #reader: ClusterReader;
  readonly #machine: Pick<Machine, 'wallMs'>;
  readonly #clock: Clock;
  #known: { readonly cluster: Cluster; readonly readAtMs: number } | undefined = undefined;
  #trouble: LeaseStoreError | undefined = undefined;
  #reading: { readonly promise: Promise<Cluster>; readonly refused: boolean } | undefined = undefined;

  constructor(reader: ClusterReader, machine: Pick<Machine, 'wallMs'>, clock: Clock) {
    this.#reader = reader;
    this.#machine = machine;
    this.#clock = clock;
  }

  /** Why it could not be read the last time, if it could not. */
  get trouble(): LeaseStoreError | undefined {
    return this.#trouble;
  }

  /**
   * What there is, however old: a renewal does not wait for a disk, nor for a program that asks a cloud for credentials while those at
   * hand are still good. What is old or ends soon is read again meanwhile, and what cannot be read again stays: a server still tells
   * by refusing it.
   * @throws {LeaseStoreError} if nothing was ever read, and cannot be now, or the signal aborts before that is known.
   */
  async present(signal: AbortSignal): Promise<Cluster> {
    if (this.#known === undefined) return whileWaitedFor(this.#read(false), signal);
    const { cluster, readAtMs } = this.#known;
    const { renewAtMs, expiresAtMs } = cluster;
    const wallMs = this.#machine.wallMs();
    const isOld = this.#clock.now() - readAtMs >= LONGEST_AGE_MS;
    if (!isOld && !isReached(renewAtMs, wallMs)) return cluster;
    const next = this.#read(false).catch(() => cluster);
    return isReached(expiresAtMs, wallMs) ? whileWaitedFor(next, signal) : cluster;
  }

  /** What there is in place of one that was refused; `undefined` if there is nothing else. */
  async otherThan(refused: Cluster, signal: AbortSignal): Promise<Cluster | undefined> {
    const known = this.#known?.cluster ?? refused;
    if (!sameCluster(known, refused)) return known; // another request was refused before, and found it
    const read = await whileWaitedFor(
      this.#read(true).catch(() => refused),
      signal,
    );
    return sameCluster(read, refused) ? undefined : read;
  }

  /** At most one at a time; one that began before the refusal may have read what was refused. */
  #read(refused: boolean): Promise<Cluster> {
    if (this.#reading !== undefined && (this.#reading.refused || !refused)) return this.#reading.promise;
    const reading = { promise: this.#readAfter(this.#reading?.promise, refused), refused };
    this.#reading = reading;
    const end = (): void => {
      if (this.#reading === reading) this.#reading = undefined;
    };
    reading.promise.then(end, end);
    return reading.promise;
  }

  async #readAfter(before: Promise<unknown> | undefined, refused: boolean): Promise<Cluster> {
    await before?.catch(() => {});
    try {
      const cluster = await this.#reader.read(refused);
      this.#known = { cluster, readAtMs: this.#clock.now() };
      this.#trouble = undefined;
      return cluster;
    } catch (error) {
      this.#trouble = notSent('the configuration cannot be read', error);
      throw this.#trouble;
    }
  }
}

/** Whoever does not wait any longer has sent nothing. */
function whileWaitedFor(read: Promise<Cluster>, signal: AbortSignal): Promise<Cluster> {
  return unlessAborted(read, signal, () => notSent('given up waiting for the configuration', signal.reason));
}

function notSent(what: string, cause: unknown): LeaseStoreError {
  if (cause instanceof LeaseStoreError) return cause;
  const message = `${what}: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new LeaseStoreError(message, { fault: 'unreachable', mayBeWritten: false, cause });
}
