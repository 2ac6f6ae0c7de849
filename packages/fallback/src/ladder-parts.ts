import { ConfigError } from '@holdfast/core';
import { anything, callback, durationMs, number, readOptions, text } from '@holdfast/core/options';
import type { SignalRule } from './ladder-panel.ts';
import type { Signal } from './ladder-signals.ts';
import { firstAnswering } from './levels.ts';
import type { Levels } from './levels.ts';

export const POLICY = 'ladder';

/** @throws {ConfigError} for fewer than two, a name that is missing or taken, or an order that cannot be. */
export function readLevels(given: readonly unknown[] | undefined): Levels {
  check(given !== undefined && given.length >= 2, 'levels', given, 'a list of at least two levels');
  const levels = given.map((level, index) =>
    Object.freeze(readPart(`levels[${index}]`, level as object, { name: text(''), answer: anything<unknown>('', undefined) })),
  ) as unknown as Levels;
  const inside = firstAnswering(levels);
  levels.forEach(({ name, answer }, index) => {
    const path = `levels[${index}]`;
    check(name !== '', `${path}.name`, undefined, 'a non-empty string');
    const first = levels.findIndex((other) => other.name === name);
    check(first === index, `${path}.name`, name, `a name of its own: levels[${first}] has it`);
    check(index > 0 || answer === undefined, `${path}.answer`, answer, 'left out: the best level runs what is inside');
    check(index < inside || answer !== undefined, `${path}.answer`, answer, `given: levels[${inside}], which is better, answers`);
  });
  return levels;
}

/** @throws {ConfigError} for a signal that cannot be read, thresholds at odds with each other, or a level that is none of these. */
export function readSignal(given: unknown, path: string, levels: Levels): SignalRule {
  const signal = readPart(path, given as object, {
    name: text(''),
    read: callback<Signal['read'] | undefined>('(nowMs) => number | boolean', undefined),
    downAt: number({ min: 0, above: true }, 0.8),
    upBelow: number<number | undefined>({ min: 0, above: true }, undefined),
    forMs: durationMs(0),
    to: text<string | undefined>(undefined),
  });
  const { name, downAt, upBelow = downAt / 2, forMs } = signal;
  check(name !== '', `${path}.name`, undefined, 'a non-empty string');
  check(signal.read !== undefined, `${path}.read`, undefined, 'a function (nowMs) => number | boolean');
  check(upBelow <= downAt, `${path}.upBelow`, upBelow, `at most downAt, which is ${downAt}`);
  const relief = firstAnswering(levels);
  const usual = relief < levels.length ? relief : 1;
  const to = signal.to === undefined ? usual : levels.findIndex((level) => level.name === signal.to);
  const lower = levels.slice(1).map((level) => `'${level.name}'`);
  check(to > 0, `${path}.to`, signal.to, `one of the levels below the best: ${lower.join(', ')}`);
  return { name, source: given as Signal, downAt, upBelow, forMs, to };
}

/** As `readOptions`, for options inside of options: errors name the whole path. */
export function readPart<R extends Parameters<typeof readOptions>[2]>(
  path: string,
  given: object | undefined,
  rules: R,
): ReturnType<typeof readOptions<R>> {
  try {
    return readOptions(POLICY, given, rules);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const option = error.option === 'options' ? path : `${path}.${error.option}`;
    throw new ConfigError(POLICY, option, error.value, error.allowed);
  }
}

export function check(holds: boolean, option: string, value: unknown, allowed: string, policy: string = POLICY): asserts holds {
  if (!holds) throw new ConfigError(policy, option, value, allowed);
}
