import { randomUUID } from 'node:crypto';

export interface Meta {
  name: string;
  namespace: string;
  uid: string;
  resourceVersion: string;
  [field: string]: unknown;
}

/** A Lease as it is stored. */
export interface Stored {
  readonly metadata: Meta;
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface StorageEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  readonly object: Stored;
}

/** What etcd is to the API server: objects under one revision that counts all writes, and the history of those. */
export class LeaseStorage {
  #revision = 188;
  /** Events up to this revision are forgotten. */
  #compacted = 0;
  #history: StorageEvent[] = [];
  readonly #objects = new Map<string, Stored>();
  readonly #listeners = new Set<(event: StorageEvent) => void>();

  get revision(): number {
    return this.#revision;
  }

  get compacted(): number {
    return this.#compacted;
  }

  get(namespace: string, name: string): Stored | undefined {
    return this.#objects.get(`${namespace}/${name}`);
  }

  list(namespace: string): Stored[] {
    return [...this.#objects.values()].filter(({ metadata }) => metadata.namespace === namespace);
  }

  /** Makes or replaces an object; one that is the same already is left as it is, without an event. */
  put(object: { metadata: Omit<Meta, 'uid' | 'resourceVersion'>; spec: Stored['spec'] }): Stored {
    const { namespace, name } = object.metadata as { namespace: string; name: string };
    const before = this.get(namespace, name);
    const kept = { uid: before?.metadata.uid ?? randomUUID(), resourceVersion: before?.metadata.resourceVersion ?? '' };
    const same: Stored = { metadata: { ...object.metadata, name, namespace, ...kept }, spec: object.spec };
    if (before !== undefined && canonical(same) === canonical(before)) return before;
    this.#revision += 1;
    const stored: Stored = { ...same, metadata: { ...same.metadata, resourceVersion: String(this.#revision) } };
    this.#objects.set(`${namespace}/${name}`, stored);
    this.#tell({ type: before === undefined ? 'ADDED' : 'MODIFIED', revision: this.#revision, object: stored });
    return stored;
  }

  delete(namespace: string, name: string): void {
    const before = this.get(namespace, name);
    if (before === undefined) return;
    this.#objects.delete(`${namespace}/${name}`);
    this.#revision += 1;
    const last: Stored = { ...before, metadata: { ...before.metadata, resourceVersion: String(this.#revision) } };
    this.#tell({ type: 'DELETED', revision: this.#revision, object: last });
  }

  /** Forgets the history, as a server does minutes after, or when it starts again. */
  compact(): void {
    this.#compacted = this.#revision;
    this.#history = [];
  }

  /** @returns what happened after a revision, from where on `listener` hears the rest. */
  follow(
    revision: number,
    listener: (event: StorageEvent) => void,
  ): { readonly missed: StorageEvent[]; readonly stop: () => void } {
    this.#listeners.add(listener);
    return {
      missed: this.#history.filter((event) => event.revision > revision),
      stop: () => void this.#listeners.delete(listener),
    };
  }

  #tell(event: StorageEvent): void {
    this.#history.push(event);
    for (const listener of this.#listeners) listener(event);
  }
}

/** The same text for what is the same but for the order of its fields. When it was written does not count. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (key, inside: unknown) => {
    if (key === 'managedFields') return undefined;
    if (typeof inside !== 'object' || inside === null || Array.isArray(inside)) return inside;
    return Object.fromEntries(Object.entries(inside).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
