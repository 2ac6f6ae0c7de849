import type { Clock } from '@holdfast/core';
import { endsSoon, sameCluster } from './cluster.ts';
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
  #reading: { readonly promise: Promise<Cluster>; readonly refused: boolean } | undefined = undefined;

  constructor(reader: ClusterReader, machine: Pick<Machine, 'wallMs'>, clock: Clock) {
    this.#reader = reader;
    this.#machine = machine;
    this.#clock = clock;
  }

  /**
   * What there is, however old: a renewal does not wait for a disk. What is old is read again meanwhile, and what cannot be read
   * again stays: a server still tells by refusing it.
   * @throws {LeaseStoreError} if nothing was ever read, and cannot be now.
   */
  async present(signal: AbortSignal): Promise<Cluster> {
    if (this.#known === undefined) return unlessAborted(this.#read(false), signal);
    const { cluster, readAtMs } = this.#known;
    if (endsSoon(cluster, this.#machine.wallMs()))
      return unlessAborted(
        this.#read(false).catch(() => cluster),
        signal,
      );
    if (this.#clock.now() - readAtMs >= LONGEST_AGE_MS) this.#read(false).catch(() => {});
    return cluster;
  }

  /** What there is in place of one that was refused; `undefined` if there is nothing else. */
  async otherThan(refused: Cluster, signal: AbortSignal): Promise<Cluster | undefined> {
    const known = this.#known?.cluster ?? refused;
    if (!sameCluster(known, refused)) return known; // another request was refused before, and found it
    const read = await unlessAborted(
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
    const cluster = await this.#reader.read(refused);
    this.#known = { cluster, readAtMs: this.#clock.now() };
    return cluster;
  }
}
