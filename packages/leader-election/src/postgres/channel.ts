import { Alarm } from '@holdfast/core';
import type { Clock } from '@holdfast/core';
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

/** More than a server that is well takes to open a connection or to answer; less than an elector waits for the first word of a watch. */
const LONGEST_SILENCE_MS = 10_000;

/**
 * One connection that listens, for all who watch. It is opened at once, and never again: a channel that is lost is left for another.
 *
 * A connection that was cut somewhere on its way looks like one on which nothing happens, and an elector that doubts it leaves and
 * joins again. So whoever joins is told something only when the server has answered, here and now; and if it does not answer, the
 * channel is lost for all.
 */
export class Channel {
  readonly #watchers = new Set<Watcher>();
  /** Those among them who have joined since the last answer. */
  readonly #waiting = new Set<Watcher>();
  readonly #clock: Clock;
  readonly #silence: Alarm = new Alarm((stalled) => this.#giveUp(stalled));
  #client: PostgresListener | undefined = undefined;
  #listen: (() => Promise<unknown>) | undefined = undefined;
  #asking = false;
  #closed = false;

  constructor(source: ChannelSource, clock: Clock) {
    this.#clock = clock;
    this.#await(this.#open(source));
  }

  /** Whether it can tell of anything any more. */
  get closed(): boolean {
    return this.#closed;
  }

  join(watcher: Watcher): void {
    this.#watchers.add(watcher);
    this.#waiting.add(watcher);
    if (!this.#asking) this.#await(this.#listen!()); // again: that changes nothing, and is answered
  }

  /** The last to leave closes it. */
  leave(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    this.#waiting.delete(watcher);
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
    this.#listen = () => client.query(`LISTEN "${channel}"`);
    await this.#listen();
  }

  #await(answer: Promise<unknown>): void {
    this.#asking = true;
    this.#clock.arm(this.#silence, LONGEST_SILENCE_MS);
    answer.then(
      () => this.#answered(),
      (error: unknown) => this.#lose(error),
    );
  }

  /** From now on all is heard; what was written since their last read was told to others. */
  #answered(): void {
    this.#asking = false;
    this.#clock.disarm(this.#silence);
    for (const watcher of this.#waiting) {
      this.#waiting.delete(watcher);
      watcher.onChange({ type: 'hint' });
    }
  }

  #giveUp(stalled: boolean): void {
    // After a stall the answer may be here, and not read yet.
    if (stalled) this.#clock.arm(this.#silence, LONGEST_SILENCE_MS);
    else this.#lose(new Error(`the connection to listen on has not answered for ${LONGEST_SILENCE_MS / 1000} s`));
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
    this.#waiting.clear();
    this.#close();
    for (const watcher of watchers) watcher.lost(error);
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#clock.disarm(this.#silence);
    if (this.#client !== undefined) end(this.#client);
  }
}

/** pg cuts a connection that owes an answer, and does not wait for it. An end that fails leaves nothing to be done. */
function end(client: PostgresListener): void {
  client.end().catch(() => {});
}
