import { ConfigError } from '@holdfast/core';
import type { Clock, Random } from '@holdfast/core';
import { aClock, aRandom, callback, count, durationMs, having, readOptions, text } from '@holdfast/core/options';
import type { ElectorSettings } from './elector/settings.ts';
import type { LeaseStore } from './store.ts';
import { hostName, systemWallClock, uniqueId } from './system.ts';

export interface LeaderElectionOptions {
  /**
   * Name of the lease: what all candidates of one election share. A DNS subdomain (lower-case letters, digits, `-` and `.`, at most
   * 253 characters), so that it means the same in every store.
   */
  name: string;
  /** Where the lease is kept. */
  store: LeaseStore;
  /**
   * Name of this candidate, for people: it decides nothing, for each elector knows its own terms by ids of its own. Must differ
   * between candidates of one process. @default the host's name, `_`, and a UUID
   */
  identity?: string;
  /**
   * For how long a lease is the holder's after each renewal, in milliseconds: a leader that has crashed is replaced after about this
   * time. Candidates wait as long as the holder's setting says. @default 15_000, as in Kubernetes' own components
   */
  leaseDurationMs?: number;
  /**
   * A leader that has not managed to renew for this long, in milliseconds from when its last successful renewal was sent, stops. The
   * difference to `leaseDurationMs` is what clocks may differ in speed (a factor of 1.5 at the defaults) and what work has to end in.
   * @default 10_000
   */
  renewDeadlineMs?: number;
  /** Time between renewals, and between attempts after a failure, in milliseconds. @default 2_000 */
  retryPeriodMs?: number;
  /**
   * After this long a request is given up, in milliseconds. At most `renewDeadlineMs / 2 - retryPeriodMs`, which is also the
   * default: then at least two more attempts fit in after one that was lost. @default 3_000, by that formula
   */
  requestTimeoutMs?: number;
  /**
   * For how long work may go on after its signal was aborted to stop or to hand over, in milliseconds; meanwhile the lease is kept. Work
   * that takes longer loses it without a release, so that others wait until it has expired. @default 10_000, a third of a pod's grace
   */
  drainTimeoutMs?: number;
  /**
   * How far the wall clock may run ahead of the monotonic one before a term is uncertain until its next renewal, in milliseconds.
   * @default 250: far above what NTP slews in a retry period, far below any deadline
   */
  clockJumpMs?: number;
  /**
   * Preference among candidates, 0 the most preferred. One of greater rank waits longer before it takes a free lease, and hands over
   * when one of smaller rank asks. Nothing is ever taken from a leader. @default 0
   */
  rank?: number;
  /** How much longer each step of rank waits, in milliseconds. @default half of `retryPeriodMs` */
  rankDelayMs?: number;
  clock?: Clock;
  /** Milliseconds since 1970; next to `clock`, for it goes on while the machine sleeps. @default Date.now */
  wallClock?: () => number;
  /** Uniform in [0, 1), for the spread of requests. */
  random?: Random;
}

/** Clocks of two machines may differ in speed by this much, each from true time. Real ones differ by 0.02 %, virtual ones at worst by some percent. */
const CLOCK_RATE_ERROR = 0.05;

const kind = 'leaderElection';
const positiveMs = <T = number>(fallback: T | number) => durationMs<T>(fallback, { min: 1 });

const rules = {
  name: text<undefined>(undefined),
  store: having<LeaseStore | undefined>('a lease store', ['read', 'write'], undefined),
  identity: text<undefined>(undefined),
  leaseDurationMs: positiveMs(15_000),
  renewDeadlineMs: positiveMs(10_000),
  retryPeriodMs: positiveMs(2_000),
  requestTimeoutMs: positiveMs<undefined>(undefined),
  drainTimeoutMs: durationMs(10_000, { orInfinity: true }),
  clockJumpMs: durationMs(250),
  rank: count(0, 0, 100),
  rankDelayMs: durationMs<undefined>(undefined),
  clock: aClock,
  wallClock: callback<() => number>('() => number, milliseconds since 1970', systemWallClock),
  random: aRandom,
};

/** Everything an election needs, checked. */
export interface ElectionSettings extends ElectorSettings {
  readonly name: string;
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly wallClock: () => number;
}

/** @throws {ConfigError} */
export function electionSettings(options: LeaderElectionOptions): ElectionSettings {
  const read = readOptions(kind, options, rules);
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = read;
  const settings = {
    ...read,
    name: leaseName(read.name),
    store: read.store ?? missing('store', 'a lease store, such as memoryLease() or kubernetesLease()'),
    identity: read.identity ?? `${hostName()}_${uniqueId()}`,
    electorId: uniqueId(),
    requestTimeoutMs: read.requestTimeoutMs ?? renewDeadlineMs / 2 - retryPeriodMs,
    rankDelayMs: read.rankDelayMs ?? retryPeriodMs / 2,
  };
  checkTogether(settings.name, { ...settings, leaseDurationMs });
  return settings;
}

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** @throws {ConfigError} */
function leaseName(name: string | undefined): string {
  if (name !== undefined && name.length <= 253 && SUBDOMAIN.test(name)) return name;
  throw new ConfigError(kind, 'name', name, 'a DNS subdomain: lower-case letters, digits, "-" and ".", 253 characters at most');
}

function missing(option: string, allowed: string): never {
  throw new ConfigError(kind, option, undefined, allowed);
}

/**
 * The durations make sense only together. client-go checks the order of the three; what it leaves open is whether a leader gets a
 * second attempt, and whether it has stopped before others may begin on clocks that differ.
 */
function checkTogether(name: string, settings: Omit<ElectorSettings, 'random'>): void {
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs, requestTimeoutMs } = settings;
  if (renewDeadlineMs < 2 * (1 + retryPeriodMs)) {
    const allowed = `at least ${2 * (1 + retryPeriodMs)}, so that two attempts a retryPeriodMs of ${retryPeriodMs} apart fit into it`;
    throw new ConfigError(name, 'renewDeadlineMs', renewDeadlineMs, allowed);
  }
  const longestMs = renewDeadlineMs / 2 - retryPeriodMs;
  if (requestTimeoutMs > longestMs) {
    const allowed = `at most renewDeadlineMs / 2 - retryPeriodMs, which is ${longestMs}, so that an attempt that is lost can be made good`;
    throw new ConfigError(name, 'requestTimeoutMs', requestTimeoutMs, allowed);
  }
  const leastMs = Math.ceil((renewDeadlineMs * (1 + CLOCK_RATE_ERROR)) / (1 - CLOCK_RATE_ERROR) + requestTimeoutMs);
  if (leaseDurationMs < leastMs) {
    const allowed = `at least ${leastMs}: renewDeadlineMs (${renewDeadlineMs}) on clocks 5 % wrong, and requestTimeoutMs (${requestTimeoutMs}) for work to end in`;
    throw new ConfigError(name, 'leaseDurationMs', leaseDurationMs, allowed);
  }
}
