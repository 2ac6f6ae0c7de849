import { ConfigError } from '@holdfast/core';
import { anything, callback, readPart, text } from '@holdfast/core/options';
import type { SignalRule } from './ladder-panel.ts';
import type { Signal } from './ladder-signals.ts';
import { firstAnswering } from './levels.ts';
import type { Levels } from './levels.ts';
import { limitRules } from './signal-limits.ts';

/** @throws {ConfigError} for fewer than two, a name that is missing or taken, or an order that cannot be. */
export function readLevels(policy: string, given: readonly unknown[] | undefined): Levels {
  check(given !== undefined && given.length >= 2, policy, 'levels', given, 'a list of at least two levels');
  const rules = { name: text(''), answer: anything<unknown>('', undefined) };
  const levels = given.map((level, index) =>
    Object.freeze(readPart(policy, `levels[${index}]`, level as object, rules)),
  ) as unknown as Levels;
  const inside = firstAnswering(levels);
  levels.forEach(({ name, answer }, index) => {
    const path = `levels[${index}]`;
    check(name !== '', policy, `${path}.name`, undefined, 'a non-empty string');
    const first = levels.findIndex((other) => other.name === name);
    check(first === index, policy, `${path}.name`, name, `a name of its own: levels[${first}] has it`);
    const [inPlace, given] = [index > 0 || answer === undefined, index < inside || answer !== undefined];
    check(inPlace, policy, `${path}.answer`, answer, 'left out: the best level runs what is inside');
    check(given, policy, `${path}.answer`, answer, `given: levels[${inside}], which is better, answers`);
  });
  return levels;
}

/** @throws {ConfigError} for a signal that cannot be read, thresholds at odds with each other, or a level that is none of these. */
export function readSignal(policy: string, given: unknown, path: string, levels: Levels): SignalRule {
  const signal = readPart(policy, path, given as object, {
    name: text(''),
    read: callback<Signal['read'] | undefined>('(nowMs) => number | boolean', undefined),
    ...limitRules(0),
  });
  const { name, downAt, upBelow = downAt / 2, forMs } = signal;
  check(name !== '', policy, `${path}.name`, undefined, 'a non-empty string');
  check(signal.read !== undefined, policy, `${path}.read`, undefined, 'a function (nowMs) => number | boolean');
  check(upBelow <= downAt, policy, `${path}.upBelow`, upBelow, `at most downAt, which is ${downAt}`);
  const relief = firstAnswering(levels);
  const usual = relief < levels.length ? relief : 1;
  const to = signal.to === undefined ? usual : levels.findIndex((level) => level.name === signal.to);
  const lower = levels.slice(1).map((level) => `'${level.name}'`);
  check(to > 0, policy, `${path}.to`, signal.to, `one of the levels below the best: ${lower.join(', ')}`);
  return { name, source: given as Signal, downAt, upBelow, forMs, to };
}

export function check(holds: boolean, policy: string, option: string, value: unknown, allowed: string): asserts holds {
  if (!holds) throw new ConfigError(policy, option, value, allowed);
}
