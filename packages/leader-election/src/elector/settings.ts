import type { Lease } from '../lease.ts';
import type { ValidityLimits } from './validity.ts';

/** An elector's numbers, checked and complete; see `LeaderElectionOptions` for what they mean to a user. */
export interface ElectorSettings extends ValidityLimits {
  readonly identity: string;
  /** Unique over all electors and restarts: the first part of its term ids. */
  readonly electorId: string;
  readonly leaseDurationMs: number;
  readonly retryPeriodMs: number;
  readonly requestTimeoutMs: number;
  readonly drainTimeoutMs: number;
  /** May change while it runs: it is asked for whenever the lease could be taken. */
  readonly rank: number;
  /** How much longer each rank waits before it takes a lease that has become free. */
  readonly rankDelayMs: number;
  /** Whether to ask the holder of this lease to hand over. @default once in its term, if the holder's rank is greater */
  readonly asks?: (lease: Lease) => boolean;
  /** Whether to hand over to the candidate that asks. @default always */
  readonly yields?: (lease: Lease) => boolean;
  readonly random: () => number;
}

/**
 * Challengers of a lease that has expired spread over this share of the retry period, so that the first has taken it before most of
 * the others try. With nine challengers and requests of 10 ms one or two writes are wasted.
 */
const TAKEOVER_SPREAD = 0.2;
/**
 * The same for a lease that was released: less, for here somebody waits. With nine challengers, reads of 4 ms and writes of 12 ms under
 * three writes are sent for the lease.
 */
const HAND_OVER_SPREAD = 0.02;
/** Renewals come this share later at random, so that electors which started together do not renew together for ever. */
const RENEWAL_SPREAD = 0.1;
/** Without a watch a follower looks again after 1 to 2.2 retry periods, as client-go does. */
const POLL_SPREAD = 1.2;
/** Without a watch, a candidate that the lease is to go to looks after this share of a retry period: others leave it alone for a whole one. */
const HEIR_POLL = 0.25;
/** A watch without a word for so many retry periods is doubted: a held lease is renewed in every one. */
const SILENT_PERIODS = 5;

export const takeoverSpreadMs = ({ retryPeriodMs, random }: ElectorSettings): number =>
  random() * TAKEOVER_SPREAD * retryPeriodMs;

export const handOverSpreadMs = ({ retryPeriodMs, random }: ElectorSettings): number =>
  random() * HAND_OVER_SPREAD * retryPeriodMs;

/** Whom a server has asked to wait for the same time must not come back together. */
export const retrySpreadMs = ({ retryPeriodMs, random }: ElectorSettings): number => random() * RENEWAL_SPREAD * retryPeriodMs;

export const renewalGapMs = ({ retryPeriodMs, random }: ElectorSettings): number =>
  retryPeriodMs * (1 + random() * RENEWAL_SPREAD);

export const pollGapMs = ({ retryPeriodMs, random }: ElectorSettings): number => retryPeriodMs * (1 + random() * POLL_SPREAD);

export const heirGapMs = ({ retryPeriodMs }: ElectorSettings): number => HEIR_POLL * retryPeriodMs;

export const silenceMs = ({ leaseDurationMs, retryPeriodMs }: ElectorSettings): number =>
  Math.min(leaseDurationMs, SILENT_PERIODS * retryPeriodMs);
