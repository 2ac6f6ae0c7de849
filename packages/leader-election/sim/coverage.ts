import type { Counts } from './world.ts';

/**
 * How often each of these has to occur at least in a thousand runs. A generator that never comes to a state proves nothing of it, and
 * the counts show that.
 */
export const leastInThousand: Readonly<Record<string, number>> = {
  'claim.answered': 1_000,
  'claim.recognised': 50,
  'renewal.recognised': 400,
  'write.conflict': 500,
  'clock.jumped': 50,
  'lease.released': 500,
  'end.lapsed': 200,
  'end.taken': 10,
  'end.deleted': 15,
  'end.clock_jumped': 5,
  'end.refused': 5,
  'end.handed_over': 50,
  'end.resigned': 50,
  'end.stopped': 500,
  'end.returned': 50,
  'end.failed': 50,
  'stop.undrained': 2,
  'store.acquire': 1_500,
  'store.ask': 40,
  'request.lost': 1_000,
  'reply.lost': 1_000,
  'request.duplicated': 500,
  'request.lingering': 300,
  'change.lost': 300,
  'watch.renewed': 100,
  'read.stale': 50,
  'assert.lapsed': 300,
  'assert.uncertain': 30,
  'resource.accepted': 10_000,
  'resource.refused': 50,
  failover: 200,
  'exam.quiet': 30,
  'exam.crash': 60,
  'exam.stop': 60,
  'exam.resign': 20,
  'exam.isolate': 30,
  'exam.blip': 30,
  'exam.cold': 30,
  'exam.jump': 30,
  'exam.deaf': 30,
};

/** Writes that candidates sent for each lease that became free in an exam, on average: at most this. */
export const mostWritesForOneLease = 3;

/** @returns what was seen too rarely, in words. */
export function gaps(counts: Counts, runs: number): string[] {
  const missing = Object.entries(leastInThousand).flatMap(([what, least]) => {
    const seen = counts.get(what) ?? 0;
    return seen * 1_000 >= least * runs ? [] : [`${what}: ${seen} in ${runs} runs, ${least} in a thousand are the least`];
  });
  const writes = (counts.get('failover.writes') ?? 0) / (counts.get('failover') ?? 1);
  return writes <= mostWritesForOneLease ? missing : [...missing, `${writes.toFixed(2)} writes for each lease that became free`];
}

export function addTo(all: Counts, counts: Iterable<readonly [string, number]>): void {
  for (const [what, times] of counts) all.set(what, (all.get(what) ?? 0) + times);
}
