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
    await this.#connection.subscribe(channel); // again, if need be: it does no harm, and says when it is done
  }

  leave(channel: string, follower: Follower): void {
    const followers = this.#followers.get(channel);
    if (followers === undefined || !followers.delete(follower) || followers.size > 0) return;
    this.#followers.delete(channel);
    this.#connection.unsubscribe(channel).catch(() => {}); // the connection is gone; messages that nobody follows are passed over
  }
}
