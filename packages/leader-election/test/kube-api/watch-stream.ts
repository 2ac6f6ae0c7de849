import type { ServerResponse } from 'node:http';
import { shown } from './lease-resource.ts';
import type { LeaseStorage, StorageEvent } from './lease-storage.ts';

export interface WatchParameters {
  readonly namespace: string;
  /** Of the field selector; `undefined` for all. */
  readonly name: string | undefined;
  /** `undefined` and 0 begin with what is there. */
  readonly revision: number | undefined;
  readonly bookmarks: boolean;
  readonly lengthMs: number | undefined;
}

/** One watch: a line for each event, until its time is over or something ends it. */
export class WatchStream {
  readonly #response: ServerResponse;
  readonly #storage: LeaseStorage;
  readonly #watch: WatchParameters;
  readonly #stop: () => void;
  #told: number;

  constructor(response: ServerResponse, storage: LeaseStorage, watch: WatchParameters) {
    this.#response = response;
    this.#storage = storage;
    this.#watch = watch;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const { revision, namespace } = watch;
    this.#told = storage.revision;
    const { missed, stop } = storage.follow(revision ?? 0, (event) => this.#tell(event));
    const timer = watch.lengthMs === undefined ? undefined : setTimeout(() => this.end(), watch.lengthMs);
    this.#stop = () => {
      stop();
      clearTimeout(timer);
    };
    response.on('close', this.#stop);
    if (revision === undefined || revision === 0) {
      for (const object of storage.list(namespace)) this.#tell({ type: 'ADDED', revision: 0, object });
    } else if (revision < storage.compacted) this.#expire(revision);
    else for (const event of missed) this.#tell(event);
  }

  /** Ends as a server does when its time is over: a last bookmark, and no word. */
  end(): void {
    if (this.#storage.revision > this.#told) this.bookmark();
    this.#response.end();
  }

  /** The connection is lost. */
  break(): void {
    this.#response.destroy();
  }

  bookmark(): void {
    if (!this.#watch.bookmarks) return;
    const metadata = { resourceVersion: String(this.#storage.revision), creationTimestamp: null };
    this.#line('BOOKMARK', { kind: 'Lease', apiVersion: 'coordination.k8s.io/v1', metadata, spec: {} });
  }

  /** Anything, as it is. */
  say(bytes: string | Uint8Array): void {
    this.#response.write(bytes);
  }

  #tell({ type, revision, object }: StorageEvent): void {
    const { namespace, name } = this.#watch;
    if (object.metadata.namespace !== namespace || (name !== undefined && object.metadata.name !== name)) return;
    this.#told = Math.max(this.#told, revision);
    this.#line(type, shown(object));
  }

  #expire(revision: number): void {
    const message = `too old resource version: ${revision} (${this.#storage.revision})`;
    this.#line('ERROR', {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason: 'Expired',
      code: 410,
    });
    this.#response.end();
  }

  #line(type: string, object: object): void {
    this.say(`${JSON.stringify({ type, object })}\n`);
  }
}
