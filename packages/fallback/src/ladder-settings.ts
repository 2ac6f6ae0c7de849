import type { Clock } from '@holdfast/core';
import {
  aClock,
  anything,
  aRandom,
  checkFixed,
  durationMs,
  number,
  ratio,
  readOptions,
  readPart,
  text,
  withChanges,
} from '@holdfast/core/options';
import type { OptionRule } from '@holdfast/core/options';
import type { LadderOptions, LadderUpdate } from './ladder-options.ts';
import type { SignalRule } from './ladder-panel.ts';
import { check, readLevels, readSignal } from './ladder-parts.ts';
import type { ClimbSettings } from './ladder-state.ts';
import type { VerdictSettings } from './level-verdict.ts';
import { sameLevels } from './levels.ts';
import type { Levels } from './levels.ts';

const POLICY = 'ladder';
const OFF = Number.POSITIVE_INFINITY;
/** Calls that are enough to judge a level that is tried: as few as a breaker takes during its ramp. */
const TRIAL_CALLS = 5;

/** The options, complete and checked, that may change while it runs. */
export interface LadderSettings {
  readonly verdict: VerdictSettings;
  readonly windowMs: number;
  readonly evaluateMs: number;
  readonly climb: ClimbSettings;
  readonly rules: readonly SignalRule[];
}

export interface ReadLadder {
  readonly name: string;
  readonly levels: Levels;
  readonly clock: Clock;
  readonly random: () => number;
  readonly settings: LadderSettings;
}

const part = (allowed: string): OptionRule<object | undefined> =>
  anything<object | undefined>(
    allowed,
    undefined,
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  );
const list = (allowed: string): OptionRule<readonly unknown[] | undefined> =>
  anything<readonly unknown[] | undefined>(allowed, undefined, (value) => Array.isArray(value));
const share = (fallback: number): OptionRule<number> => ratio(fallback, { above: true });

const RULES = {
  name: text(POLICY),
  levels: list('a list of at least two levels'),
  signals: list('a list of signals'),
  failureRatio: share(0.5),
  slowRatio: share(OFF),
  minimumCalls: number({ min: 1, integer: true, orInfinity: true }, 20),
  window: part('{ durationMs }'),
  evaluateMs: durationMs(100),
  climb: part('an object'),
  clock: aClock,
  random: aRandom,
};

/** What it was made by. */
const FIXED = ['name', 'levels', 'clock', 'random'] as const;

/** @throws {ConfigError} on a value out of range, an unknown name, or options that contradict each other. */
export function readLadder(options: LadderOptions): ReadLadder {
  const given = readOptions(POLICY, options, RULES);
  const { name, clock, random, failureRatio, slowRatio, minimumCalls, evaluateMs } = given;
  const levels = readLevels(name, given.levels);
  const window = readPart(name, 'window', given.window, { durationMs: durationMs(10_000, { min: 1 }) });
  const trialCalls = minimumCalls === OFF ? OFF : Math.min(TRIAL_CALLS, minimumCalls);
  const settings = {
    verdict: { failureRatio, slowRatio, minimumCalls, trialCalls },
    windowMs: window.durationMs,
    evaluateMs,
    climb: readClimb(name, given.climb, evaluateMs),
    rules: (given.signals ?? []).map((signal, index) => readSignal(name, signal, `signals[${index}]`, levels)),
  };
  return { name, levels, clock, random, settings };
}

/**
 * The options given so far with the changes over them, as if the ladder had been made with all of them. What is named of `climb` is
 * changed, the rest of it stays.
 * @throws {ConfigError} on whatever is a mistake when one is made, and on what cannot change.
 */
export function readChanges(given: LadderOptions, changes: LadderUpdate): { given: LadderOptions; settings: LadderSettings } {
  const present = readLadder(given);
  const merged = withChanges(present.name, given, changes);
  const { climb } = changes;
  const all = RULES.climb.accepts(climb) ? { ...merged, climb: { ...given.climb, ...climb } } : merged;
  const next = readLadder(all);
  const levels = sameLevels(present.levels, next.levels) ? present.levels : next.levels;
  checkFixed(present.name, present, { ...next, levels }, FIXED);
  return { given: all, settings: next.settings };
}

function readClimb(policy: string, given: object | undefined, evaluateMs: number): ClimbSettings {
  const climb = readPart(policy, 'climb', given, {
    afterMs: durationMs(5_000, { above: true }),
    factor: number({ min: 1 }, 2),
    capMs: durationMs<number | undefined>(undefined),
    jitterRatio: ratio(0.5),
    resetAfterMs: durationMs(60_000),
    rampMs: durationMs(Math.max(10_000, 10 * evaluateMs)),
    startRatio: share(0.1),
  });
  const { afterMs, capMs = Math.max(60_000, afterMs), rampMs } = climb;
  check(capMs >= afterMs, policy, 'climb.capMs', capMs, `at least climb.afterMs, which is ${afterMs}`);
  const steps = rampMs === 0 || rampMs >= 10 * evaluateMs;
  check(steps, policy, 'climb.rampMs', rampMs, `0, or at least ten times evaluateMs, which is ${evaluateMs}`);
  return { ...climb, capMs };
}
