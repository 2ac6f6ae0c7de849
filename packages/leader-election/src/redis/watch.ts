import type { Lease } from '../lease.ts';
import { LeaseStoreError } from '../store.ts';
import type { LeaseChange } from '../store.ts';
import { unlessAborted } from '../unless-aborted.ts';
import type { Channels, Follower } from './channels.ts';
import { storeError } from './faults.ts';
import { leaseIn } from './reply.ts';

export interface Following {
  readonly channels: Channels;
  readonly channel: string;
  readonly seen: Lease | undefined;
  readonly onChange: (change: LeaseChange) => void;
  readonly signal: AbortSignal;
  readonly read: () => Promise<Lease | undefined>;
}

/** Tells of what is published of a lease, until the signal aborts. @throws {LeaseStoreError} if the connection is lost. */
export async function followLease({ channels, channel, seen, onChange, signal, read }: Following): Promise<void> {
  const lost = Promise.withResolvers<never>();
  lost.promise.catch(() => {}); // heard of below, if anybody still listens
  let told = seen?.revision ?? 0n;
  const tell = (lease: Lease): void => {
    if (signal.aborted || lease.revision <= told) return;
    told = lease.revision;
    onChange({ type: 'written', lease });
  };
  const follower: Follower = {
    told(message) {
      const lease = leaseIn(message);
      if (lease !== undefined) tell(lease);
      else if (!signal.aborted) onChange({ type: 'hint' });
    },
    lost: () => lost.reject(connectionLost(channel)),
  };
  try {
    await subscribed(channels.follow(channel, follower), channel, signal);
    // What came between the last read and the subscription was told to nobody here.
    const now = await Promise.race([read(), lost.promise]);
    if (now !== undefined) tell(now);
    if (signal.aborted) return;
    onChange({ type: now === undefined && seen !== undefined ? 'hint' : 'alive' });
    await unlessAborted(lost.promise, signal);
  } finally {
    channels.leave(channel, follower);
  }
}

async function subscribed(subscription: Promise<unknown>, channel: string, signal: AbortSignal): Promise<void> {
  try {
    await unlessAborted(subscription, signal);
  } catch (error) {
    throw storeError(`redis: subscription to ${channel}`, error, false);
  }
}

function connectionLost(channel: string): LeaseStoreError {
  const message = `redis: the connection that listens to ${channel} was lost`;
  return new LeaseStoreError(message, { fault: 'unreachable', mayBeWritten: false });
}
