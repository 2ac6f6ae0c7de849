import { ConfigError, systemRandom } from '@holdfast/core';
import type { Clock } from '@holdfast/core';
import {
  aClock,
  anything,
  callback,
  count,
  durationMs,
  number,
  ratio,
  readOptions,
  readPart,
  text,
} from '@holdfast/core/options';
import type { OptionRule } from '@holdfast/core/options';
import type { CircuitBreakerOptions } from './options.ts';

const POLICY = 'circuitBreaker';
const OFF = Number.POSITIVE_INFINITY;

/** The options as the arithmetic wants them: flat, complete, checked. A rule that is off has the threshold `Infinity`. */
export interface Settings {
  readonly failureRatio: number;
  readonly slowRatio: number;
  readonly consecutiveFailures: number;
  /** At most one of the two is above 0; neither if only failures in a row count. */
  readonly windowMs: number;
  readonly windowCalls: number;
  readonly minimumCalls: number;
  readonly openMs: number;
  readonly factor: number;
  readonly capMs: number;
  readonly jitterRatio: number;
  readonly resetAfterMs: number;
  readonly permits: number;
  readonly trialFailureRatio: number;
  readonly trialSlowRatio: number;
  readonly maxWaitMs: number;
  /** 0 without a ramp. */
  readonly rampMs: number;
  readonly rampStartRatio: number;
  readonly rampMinimumCalls: number;
}

export interface ReadOptions {
  readonly name: string;
  readonly slowCallMs: number | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly settings: Settings;
}

const share = (): OptionRule<number | undefined> => ratio<number | undefined>(undefined, { above: true });
const positiveMs = (): OptionRule<number | undefined> => durationMs<number | undefined>(undefined, { above: true });
const optionalCount = (): OptionRule<number | undefined> => count<number | undefined>(1, undefined);
const part = (): OptionRule<object | undefined> =>
  anything<object | undefined>(
    'an object',
    undefined,
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  );

const RULES = {
  name: text(POLICY),
  failureRatio: share(),
  slowCallMs: positiveMs(),
  slowRatio: share(),
  consecutiveFailures: optionalCount(),
  window: part(),
  minimumCalls: optionalCount(),
  openMs: durationMs(5_000),
  backoff: part(),
  halfOpen: part(),
  ramp: part(),
  clock: aClock,
  random: callback<() => number>('() => number', systemRandom),
};

/**
 * @param name of the breaker.
 * @throws {ConfigError} on a value out of range or an unknown option; how options go together is up to `readSettings`.
 */
export function checkEach(name: string, options: object): void {
  readOptions(name, options, RULES);
}

/** @throws {ConfigError} with the breaker's name, on a value out of range, an unknown option, or options that contradict each other. */
export function readSettings(options: CircuitBreakerOptions | undefined): ReadOptions {
  const given = readOptions(POLICY, options, RULES);
  const { name, clock, random, slowCallMs, slowRatio, openMs } = given;
  check(name, slowRatio === undefined || slowCallMs !== undefined, 'slowRatio', slowRatio, 'given together with slowCallMs');

  const inARowOnly =
    given.consecutiveFailures !== undefined &&
    [given.window, given.failureRatio, slowCallMs, given.minimumCalls].every((option) => option === undefined);
  const failureRatio = inARowOnly ? OFF : (given.failureRatio ?? 0.5);
  const rules = {
    failureRatio,
    slowRatio: slowCallMs === undefined ? OFF : (slowRatio ?? 0.8),
    consecutiveFailures: given.consecutiveFailures ?? OFF,
    ...readWindow(name, given.window, given.minimumCalls, inARowOnly),
  };
  const settings = {
    ...rules,
    openMs,
    ...readBackoff(name, given.backoff, openMs),
    ...readHalfOpen(name, given.halfOpen, rules, slowCallMs),
    ...readRamp(name, given.ramp, rules.minimumCalls, inARowOnly),
  };
  return { name, slowCallMs, clock, random, settings };
}

function readWindow(
  name: string,
  window: object | undefined,
  minimumCalls: number | undefined,
  none: boolean,
): Pick<Settings, 'windowMs' | 'windowCalls' | 'minimumCalls'> {
  if (none) return { windowMs: 0, windowCalls: 0, minimumCalls: OFF };
  const given = readPart(name, 'window', window ?? { durationMs: 10_000 }, {
    durationMs: durationMs<number | undefined>(undefined, { min: 1 }),
    calls: count<number | undefined>(1, undefined, 1_000_000),
  });
  const oneKind = (given.durationMs === undefined) !== (given.calls === undefined);
  check(name, oneKind, 'window', window, 'either { durationMs } or { calls }');
  const { durationMs: windowMs = 0, calls: windowCalls = 0 } = given;
  const most = windowCalls || OFF;
  const enough = minimumCalls ?? Math.min(20, most);
  check(
    name,
    enough <= most,
    'minimumCalls',
    minimumCalls,
    `at most window.calls, which is ${most}: more never lie in the window`,
  );
  return { windowMs, windowCalls, minimumCalls: enough };
}

function readBackoff(
  name: string,
  backoff: object | undefined,
  openMs: number,
): Pick<Settings, 'factor' | 'capMs' | 'jitterRatio' | 'resetAfterMs'> {
  const given = readPart(name, 'backoff', backoff, {
    factor: number({ min: 1 }, 2),
    capMs: durationMs(Math.max(30_000, openMs)),
    jitterRatio: ratio(0.5),
    resetAfterMs: durationMs(60_000),
  });
  check(name, given.capMs >= openMs, 'backoff.capMs', given.capMs, `at least openMs, which is ${openMs}`);
  return given;
}

function readHalfOpen(
  name: string,
  halfOpen: object | undefined,
  rules: Pick<Settings, 'failureRatio' | 'slowRatio'>,
  slowCallMs: number | undefined,
): Pick<Settings, 'permits' | 'trialFailureRatio' | 'trialSlowRatio' | 'maxWaitMs'> {
  const given = readPart(name, 'halfOpen', halfOpen, {
    permits: count(1, 1),
    failureRatio: share(),
    slowRatio: share(),
    maxWaitMs: durationMs(Math.max(60_000, slowCallMs ?? 0), { above: true }),
  });
  const { permits, maxWaitMs, slowRatio } = given;
  const slowKnown = slowRatio === undefined || slowCallMs !== undefined;
  check(name, slowKnown, 'halfOpen.slowRatio', slowRatio, 'given together with slowCallMs');
  const longEnough = maxWaitMs >= (slowCallMs ?? 0);
  check(
    name,
    longEnough,
    'halfOpen.maxWaitMs',
    maxWaitMs,
    `at least slowCallMs, which is ${slowCallMs}: else no trial is ever slow`,
  );
  const trialFailureRatio = given.failureRatio ?? (rules.failureRatio === OFF ? 0.5 : rules.failureRatio);
  return { permits, trialFailureRatio, trialSlowRatio: slowRatio ?? rules.slowRatio, maxWaitMs };
}

function readRamp(
  name: string,
  ramp: object | undefined,
  minimumCalls: number,
  inARowOnly: boolean,
): Pick<Settings, 'rampMs' | 'rampStartRatio' | 'rampMinimumCalls'> {
  if (ramp === undefined) return { rampMs: 0, rampStartRatio: 1, rampMinimumCalls: minimumCalls };
  const given = readPart(name, 'ramp', ramp, {
    durationMs: positiveMs(),
    startRatio: ratio(0.1, { above: true }),
    minimumCalls: optionalCount(),
  });
  check(name, given.durationMs !== undefined, 'ramp.durationMs', given.durationMs, 'given: a ramp has a length');
  const enough = given.minimumCalls ?? Math.min(5, minimumCalls);
  const meaningful = given.minimumCalls === undefined || !inARowOnly;
  check(name, meaningful, 'ramp.minimumCalls', given.minimumCalls, 'left out where only consecutiveFailures opens the circuit');
  check(name, enough <= minimumCalls, 'ramp.minimumCalls', enough, `at most minimumCalls, which is ${minimumCalls}`);
  return { rampMs: given.durationMs, rampStartRatio: given.startRatio, rampMinimumCalls: enough };
}

export function check(name: string, holds: boolean, option: string, value: unknown, allowed: string): asserts holds {
  if (!holds) throw new ConfigError(name, option, value, allowed);
}
