import type { Candidate } from './candidate.ts';
import type { World } from './world.ts';

/** Requests and changes of a calm network, there and back, and the time a store's watch lags in calm. */
const ROUND_TRIP_MS = 2 * 30 + 5;
const LAG_MS = 50 + 30;
/** What an expired or released lease is left alone for at random, at most, as a share of the retry period. */
const TAKEOVER_SPREAD = 0.2;
const HAND_OVER_SPREAD = 0.02;
/** A poll comes after at most so many retry periods. */
const LONGEST_POLL = 2.2;
/** A watch is doubted after so many of them, or a lease, without a word. */
const SILENT_PERIODS = 5;

/** How long the slowest of all may take to settle from whatever state things are in when all has become well. */
export function settleMs({ candidates }: World): number {
  const longest = (of: (candidate: Candidate) => number): number => Math.max(...candidates.map(of));
  const leaseMs = longest(({ plan }) => plan.timing.leaseDurationMs / plan.rate);
  const periodMs = longest(({ plan }) => plan.timing.retryPeriodMs / plan.rate);
  const timeoutMs = longest(({ plan }) => plan.timing.requestTimeoutMs / plan.rate);
  const rankMs = longest(({ plan, rank }) => (rank * plan.timing.rankDelayMs) / plan.rate);
  const slowestToAskMs = 10_000 / Math.min(...candidates.map(({ plan }) => plan.rate)); // Retry-After
  // A hold-off of the first read, the lease that is observed then, a rest of the only candidate, and a hand-over to a better rank.
  return Math.max(slowestToAskMs, leaseMs) + 2 * leaseMs + rankMs + 2 * timeoutMs + 6 * LONGEST_POLL * periodMs;
}

/** Until when a follower takes a lease that nobody renews any more, in true time. */
export function takeoverByMs(world: World, leaseMs: number, writtenAtMs: number): number {
  const { store } = world.scenario;
  return soonest(world, (candidate) => {
    const { plan } = candidate;
    const { retryPeriodMs } = plan.timing;
    const seenAtMs = noticedAtMs(world, candidate, writtenAtMs);
    const waitedMs = leaseMs / Math.min(plan.rate, store.clock ? store.rate : plan.rate);
    // A store with a clock says what is left when asked: its clock and the candidate's may differ, and then it is asked again.
    const againMs = store.clock ? (LONGEST_POLL * retryPeriodMs) / plan.rate + ROUND_TRIP_MS : 0;
    return seenAtMs + waitedMs + (TAKEOVER_SPREAD * retryPeriodMs) / plan.rate + againMs;
  });
}

/** Until when a follower takes a lease that was released, in true time. */
export function handOverByMs(world: World, releasedAtMs: number): number {
  return soonest(world, (candidate) => {
    const { plan } = candidate;
    return noticedAtMs(world, candidate, releasedAtMs) + (HAND_OVER_SPREAD * plan.timing.retryPeriodMs) / plan.rate;
  });
}

/** When a follower has seen a change: its watch tells, or a poll; or a read because the watch is silent. */
function noticedAtMs(world: World, candidate: Candidate, changedAtMs: number): number {
  const { agenda, scenario } = world;
  const { plan, stream, elector } = candidate;
  const { leaseDurationMs, retryPeriodMs } = plan.timing;
  const { watching } = elector!.state;
  const heldOffUntilMs = readsAtMs(world, candidate);
  if (stream.lateMs !== undefined) {
    const toldAtMs = Math.max(changedAtMs, agenda.nowMs + stream.lateMs) + LAG_MS;
    // A hint is followed by a read, and a read waits for what the store has asked for.
    return scenario.store.watch === 'hints' ? Math.max(heldOffUntilMs, toldAtMs) + ROUND_TRIP_MS : toldAtMs;
  }
  const silentMs = Math.min(leaseDurationMs, SILENT_PERIODS * retryPeriodMs);
  const readAtMs = changedAtMs + (watching ? silentMs : LONGEST_POLL * retryPeriodMs) / plan.rate;
  return Math.max(heldOffUntilMs, readAtMs) + ROUND_TRIP_MS;
}

/** Each follower alone would take the lease by then; so the first of them decides. */
function soonest(world: World, takesAtMs: (candidate: Candidate) => number): number {
  const free = world.candidates.filter(({ up, leads, plan }) => up && !leads && !plan.observes);
  return Math.min(...free.map((candidate) => Math.max(takesAtMs(candidate), readyAtMs(world, candidate)) + delayMs(candidate)));
}

/** When it may send a request: after a pause that the store asked for before all was well, or a request that was lost then. */
function readsAtMs({ agenda }: World, { elector, machine, plan }: Candidate): number {
  const { holdOffUntilMs, pending } = elector!.state;
  const { requestTimeoutMs, retryPeriodMs } = plan.timing;
  const nextMs = Math.max(requestTimeoutMs, LONGEST_POLL * retryPeriodMs); // a lost one is followed by a pause
  const answeredByMs = pending === undefined ? 0 : pending.sentAt.monoMs + nextMs;
  return agenda.nowMs + Math.max(0, Math.max(holdOffUntilMs, answeredByMs) - machine.now().monoMs) / plan.rate;
}

/** And after a rest, if it had a term of its own. */
function readyAtMs(world: World, candidate: Candidate): number {
  const { elector, machine, plan } = candidate;
  const restMs = elector!.state.restUntilMs - machine.now().monoMs;
  return Math.max(readsAtMs(world, candidate), world.agenda.nowMs + restMs / plan.rate);
}

/** Whether a follower may take a lease the moment it becomes free. */
export function isReady(world: World, candidate: Candidate): boolean {
  return readyAtMs(world, candidate) === world.agenda.nowMs;
}

/** Its rank makes it wait, and it reads and writes. */
function delayMs({ plan, rank }: Candidate): number {
  return (rank * plan.timing.rankDelayMs) / plan.rate + 2 * ROUND_TRIP_MS + 20;
}
