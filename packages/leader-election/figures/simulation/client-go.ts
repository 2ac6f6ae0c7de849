import type { Random } from '@holdfast/core';

/** Durations of client-go's components, in milliseconds, which are ours as well. */
const LEASE_MS = 15_000;
const RETRY_MS = 2_000;
/** `JitterFactor` of client-go: a follower tries again after 1 to 2.2 retry periods. */
const JITTER = 1.2;

/** Requests a minute that client-go's loops come to: a leader writes in each retry period, a follower reads at each poll. */
export const clientGoRequests: { readonly leader: number; readonly follower: number } = {
  leader: 60_000 / RETRY_MS,
  follower: 60_000 / (RETRY_MS * (1 + JITTER / 2)),
};

/**
 * How long nobody leads, in milliseconds, after the leader of client-go's loops crashes, with requests that take no time: it renews every
 * retry period, and crashes at some moment between. Each follower polls with jitter, and takes the lease at its first poll later than a
 * lease after it first saw the last renewal.
 * @see kubernetes/client-go, tools/leaderelection/leaderelection.go: acquire, renew, tryAcquireOrRenew
 */
export function clientGoCrashMs(followers: number, random: Random): number {
  const crashedMs = random() * RETRY_MS; // after the last renewal, which is at 0
  return first(followers, () => takeoverMs(random)) - crashedMs;
}

/** The same after a release (ReleaseOnCancel): a follower takes the lease at its next poll. */
export function clientGoHandOverMs(followers: number, random: Random): number {
  return first(followers, () => untilNextPollMs(random));
}

function takeoverMs(random: Random): number {
  let polledMs = untilNextPollMs(random);
  const freeMs = polledMs + LEASE_MS;
  do polledMs += pollGapMs(random);
  while (polledMs <= freeMs);
  return polledMs;
}

const pollGapMs = (random: Random): number => RETRY_MS * (1 + random() * JITTER);

/** A moment meets long gaps between polls more often than short ones, and each at any point: drawn by rejection. */
function untilNextPollMs(random: Random): number {
  const longestMs = RETRY_MS * (1 + JITTER);
  for (;;) {
    const gapMs = pollGapMs(random);
    if (random() * longestMs < gapMs) return random() * gapMs;
  }
}

function first(followers: number, drawMs: () => number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let follower = 0; follower < followers; follower++) least = Math.min(least, drawMs());
  return least;
}
