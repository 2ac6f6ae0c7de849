import { LeaseStoreError } from '../store.ts';
import type { LeaseChange } from '../store.ts';
import { LONGEST_BYTES, readAnswer } from './answer.ts';
import { linesOf } from './json-lines.ts';
import { noAnswer } from './lease-api.ts';
import type { LeaseApi } from './lease-api.ts';
import { refusal } from './refusal.ts';
import { eventIn, unreadable } from './watch-events.ts';

/** Servers end a watch after this many seconds: each of its own length, so that the watches of a fleet do not all end together. */
const SHORTEST_SECONDS = 300;
const LONGEST_SECONDS = 600;

/**
 * The version that begins with the present state, as an ADDED of what is there, out of the server's cache. Leaving the version out
 * would begin in the same way but read from etcd, which is dear with many watchers.
 */
const PRESENT = '0';

export interface LeaseWatch {
  readonly name: string;
  /** The resourceVersion of the lease last read; `undefined` if there was none, and nothing to go on from. */
  readonly from: string | undefined;
  readonly random: () => number;
  readonly onChange: (change: LeaseChange) => void;
}

/** @returns when the stream has ended. @throws {LeaseStoreError} if it broke or could not begin, or the signal aborted. */
export async function watchLease(api: LeaseApi, watch: LeaseWatch, signal: AbortSignal): Promise<void> {
  const outcome = await stream(api, watch, watch.from ?? PRESENT, signal);
  if (outcome === 'ended' || watch.from === undefined) return;
  // A server keeps the history of minutes only. A lease that nobody has written for longer would expire every watch that begins
  // where it was read, at once; what changed meanwhile is found by reading.
  watch.onChange({ type: 'hint' });
  await stream(api, watch, PRESENT, signal);
}

/** @returns `expired` if the server has no history from there on. */
async function stream(api: LeaseApi, watch: LeaseWatch, from: string, signal: AbortSignal): Promise<'ended' | 'expired'> {
  const { name, random, onChange } = watch;
  const asked = api.asked('watch', name);
  const seconds = SHORTEST_SECONDS + Math.floor(random() * (LONGEST_SECONDS - SHORTEST_SECONDS + 1));
  const response = await api.watch(name, from, seconds, signal);
  if (response.status !== 200) {
    const answer = await readAnswer(response).catch((error: unknown) => {
      throw noAnswer(asked, error, false);
    });
    if (answer.status === 410) return 'expired';
    throw refusal(asked, answer);
  }
  onChange({ type: 'alive' });
  try {
    for await (const line of linesOf(response.body ?? nothing(), LONGEST_BYTES)) {
      if (signal.aborted) return 'ended';
      const event = line.trim() === '' ? undefined : eventIn(line, name, asked);
      if (event?.type === 'expired') return 'expired';
      if (event?.type === 'change') onChange(event.change);
    }
  } catch (error) {
    if (error instanceof LeaseStoreError) throw error;
    throw error instanceof RangeError ? unreadable(asked, error.message) : noAnswer(asked, error, false);
  }
  return 'ended';
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
