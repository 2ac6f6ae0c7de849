/** A key with its value, both in base64, as the gateway has them. */
export interface Entry {
  readonly key: string;
  readonly value: string;
  readonly mod_revision: string;
}

export interface KeyEvent {
  readonly type?: 'DELETE';
  readonly kv: { readonly key: string; readonly value?: string; readonly mod_revision: string };
}

export interface Txn {
  readonly compare?: readonly { readonly key: string; readonly mod_revision: string }[];
  readonly success?: readonly { readonly request_put: { readonly key: string; readonly value: string } }[];
}

/** The keys of an etcd cluster, as far as leases need them: one revision for each transaction, and what happened in each. */
export class KeySpace {
  revision = 1;
  compacted = 0;
  readonly #entries = new Map<string, Entry>();
  readonly #history: { readonly revision: number; readonly events: readonly KeyEvent[] }[] = [];
  readonly #watchers = new Set<() => void>();

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  /** @returns whether all compared as wanted, and the rest was done. */
  txn({ compare = [], success = [] }: Txn): boolean {
    if (!compare.every(({ key, mod_revision }) => (this.get(key)?.mod_revision ?? '0') === mod_revision)) return false;
    const mod_revision = `${this.revision + 1}`;
    const entries = success.map(({ request_put }) => ({ ...request_put, mod_revision }));
    for (const entry of entries) this.#entries.set(entry.key, entry);
    this.#commit(entries.map((kv) => ({ kv })));
    return true;
  }

  remove(key: string): void {
    if (this.#entries.delete(key)) this.#commit([{ type: 'DELETE', kv: { key, mod_revision: `${this.revision + 1}` } }]);
  }

  /** What happened to a key from a revision on, a list for each transaction. */
  since(key: string, revision: number): readonly (readonly KeyEvent[])[] {
    const later = this.#history.filter((commit) => commit.revision >= revision);
    return later.map(({ events }) => events.filter(({ kv }) => kv.key === key)).filter((events) => events.length > 0);
  }

  /** @returns what ends it. */
  onCommit(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #commit(events: readonly KeyEvent[]): void {
    this.revision += 1;
    this.#history.push({ revision: this.revision, events });
    for (const watcher of this.#watchers) watcher();
  }
}
