import type { LevelCounts, LevelWindow } from './level-window.ts';

/** When calls that ran the inside show that it does not serve. A rule that is off has the threshold `Infinity`. */
export interface VerdictSettings {
  readonly failureRatio: number;
  readonly slowRatio: number;
  readonly minimumCalls: number;
  /** Stands in for `minimumCalls` while only a share of the calls tries the level. */
  readonly trialCalls: number;
}

/** What makes a level no good at present, and how bad it is. */
export interface Cause {
  readonly reason: string;
  readonly severity: number;
}

/** A level that all calls are served at: a refused call was not served, so it counts as one that failed. */
export function judgeSettled(settings: VerdictSettings, counts: LevelCounts): Cause | undefined {
  return judge(settings, counts, counts.failed + counts.refused, settings.minimumCalls);
}

/**
 * A level that is tried. Refusals are left out: a circuit breaker inside lets through only a few trial calls, then a growing share,
 * and would be kept from ever closing if the ladder took that for a failure.
 */
export function judgeTrial(settings: VerdictSettings, counts: LevelCounts): Cause | undefined {
  return judge(settings, counts, counts.failed, settings.trialCalls);
}

/**
 * Whether more calls may try the level. Not before one was served, so that what hangs gets no more; and not while most are refused.
 * Where no call comes at all there is nothing to wait for.
 */
export function mayGrow({ failureRatio }: VerdictSettings, window: LevelWindow): boolean {
  const { served, failed, refused, tried, proven } = window;
  if (tried === 0) return true;
  return proven && shareOf(refused, served + failed + refused) < failureRatio;
}

function judge(settings: VerdictSettings, { served, slow }: LevelCounts, bad: number, enough: number): Cause | undefined {
  const calls = served + bad;
  if (calls < enough) return undefined;
  const failed = shareOf(bad, calls);
  if (failed >= settings.failureRatio) return { reason: 'failureRatio', severity: failed };
  const slowed = shareOf(slow, calls);
  return slowed >= settings.slowRatio ? { reason: 'slowRatio', severity: slowed } : undefined;
}

const shareOf = (part: number, calls: number): number => (calls === 0 ? 0 : part / calls);
