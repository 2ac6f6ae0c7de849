import { listening } from './clients.ts';
import type { Listening, RedisSubscriber } from './clients.ts';

/** Somebody who listens to a channel. */
export interface Follower {
  told(message: string): void;
  /** The connection is gone, and with it perhaps messages. */
  lost(): void;
}

/** The channels one connection listens to, each for all who follow it here. */
export class Channels {
  readonly #connection: Listening;
  readonly #followers = new Map<string, Set<Follower>>();
  /** Subscriptions that have not been answered: without a connection clients keep them, and whoever asks again would add to them for as long. */
  readonly #subscribing = new Map<string, Promise<void>>();

  constructor(subscriber: RedisSubscriber) {
    const told = (channel: string, message: string): void => {
      for (const follower of [...(this.#followers.get(channel) ?? [])]) follower.told(message);
    };
    const lost = (): void => {
      for (const follower of [...this.#followers.values()].flatMap((set) => [...set])) follower.lost();
    };
    this.#connection = listening(subscriber, told, lost);
  }

  /** @returns when the server sends the channel's messages from now on. */
  async follow(channel: string, follower: Follower): Promise<void> {
    const followers = this.#followers.get(channel) ?? new Set();
    this.#followers.set(channel, followers.add(follower));
    await (this.#subscribing.get(channel) ?? this.#subscribe(channel));
  }

  leave(channel: string, follower: Follower): void {
    const followers = this.#followers.get(channel);
    if (followers === undefined || !followers.delete(follower) || followers.size > 0) return;
    this.#followers.delete(channel);
    if (!this.#subscribing.has(channel)) this.#unsubscribe(channel);
  }

  /** Again, if need be: it does no harm, and says when it is done. */
  #subscribe(channel: string): Promise<void> {
    const subscribing = this.#connection
      .subscribe(channel)
      .finally(() => this.#subscribing.delete(channel))
      .then(() => {
        if (!this.#followers.has(channel)) this.#unsubscribe(channel); // all have left meanwhile
      });
    this.#subscribing.set(channel, subscribing);
    return subscribing;
  }

  #unsubscribe(channel: string): void {
    this.#connection.unsubscribe(channel).catch(() => {}); // the connection is gone; messages that nobody follows are passed over
  }
}
