import { parseJson } from '../record-json.ts';
import type { LeaseChange } from '../store.ts';
import type { PostgresListener } from './client.ts';
import { leaseOf } from './columns.ts';

/** One watch of one lease. */
export interface Watcher {
  readonly name: string;
  onChange(change: LeaseChange): void;
  /** The connection is gone, and nothing more is heard. Called at most once. */
  lost(error: unknown): void;
}

/** Opens what a channel listens on, and says which channel. */
export interface ChannelSource {
  /** @returns the name of the channel. */
  channel(): Promise<string>;
  connect(): Promise<PostgresListener>;
}

/** One connection that listens, for all who watch. It is opened at once, and never again: a channel that is lost is left for another. */
export class Channel {
  readonly #watchers = new Set<Watcher>();
  #client: PostgresListener | undefined = undefined;
  #listening = false;
  #closed = false;

  constructor(source: ChannelSource) {
    this.#open(source).catch((error: unknown) => this.#lose(error));
  }

  /** Whether it can tell of anything any more. */
  get closed(): boolean {
    return this.#closed;
  }

  join(watcher: Watcher): void {
    this.#watchers.add(watcher);
    if (this.#listening) watcher.onChange({ type: 'hint' }); // what was written since its last read was told to others
  }

  /** The last to leave closes it. */
  leave(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    if (this.#watchers.size === 0) this.#close();
  }

  async #open(source: ChannelSource): Promise<void> {
    const channel = await source.channel();
    if (this.#closed) return;
    const client = await source.connect();
    client.on('error', (error) => this.#lose(error)); // stays: an error that nobody hears would end the process
    client.on('end', () => this.#lose(new Error('the connection has ended')));
    client.on('notification', (message) => {
      if (message.channel === channel) this.#tell(message.payload ?? '');
    });
    this.#client = client;
    if (this.#closed) return end(client);
    await client.query(`LISTEN "${channel}"`);
    this.#listening = true;
    for (const watcher of this.#watchers) watcher.onChange({ type: 'hint' });
  }

  #tell(payload: string): void {
    const told = parseJson(payload);
    const lease = leaseOf(told);
    const name = typeof told === 'object' && told !== null && 'name' in told ? told.name : undefined;
    for (const watcher of this.#watchers) {
      if (lease === undefined) watcher.onChange({ type: 'hint' });
      else if (watcher.name === name) watcher.onChange({ type: 'written', lease });
    }
  }

  #lose(error: unknown): void {
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    this.#close();
    for (const watcher of watchers) watcher.lost(error);
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#client !== undefined) end(this.#client);
  }
}

/** An end that fails leaves nothing to be done. */
function end(client: PostgresListener): void {
  client.end().catch(() => {});
}
