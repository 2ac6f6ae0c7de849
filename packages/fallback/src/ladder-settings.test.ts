import { describe, expect, test } from 'vitest';
import { readChanges, readLadder } from './ladder-settings.ts';

const levels = [{ name: 'full' }, { name: 'lite' }, { name: 'cached', answer: () => 1 }, { name: 'static', answer: 0 }] as const;
const read = (): number => 0;
const signal = { name: 'load', read };

const wrong = (option: string): unknown => expect.objectContaining({ code: 'HOLDFAST_CONFIG', policy: 'ladder', option });

test('has a default for everything but the levels', () => {
  const { settings, name } = readLadder({ levels });
  expect({ name, ...settings }).toEqual({
    name: 'ladder',
    verdict: { failureRatio: 0.5, slowRatio: Number.POSITIVE_INFINITY, minimumCalls: 20, trialCalls: 5 },
    windowMs: 10_000,
    evaluateMs: 100,
    climb: {
      afterMs: 5_000,
      factor: 2,
      capMs: 60_000,
      jitterRatio: 0.5,
      resetAfterMs: 60_000,
      rampMs: 10_000,
      startRatio: 0.1,
    },
    rules: [],
  });
});

test('defaults that depend on another option keep up with it', () => {
  const { settings } = readLadder({ levels, evaluateMs: 2_000, minimumCalls: 3, climb: { afterMs: 90_000 } });
  expect(settings).toMatchObject({ verdict: { trialCalls: 3 }, climb: { capMs: 90_000, rampMs: 20_000 } });
});

test('without calls to judge by, none judge a level that is tried, either', () => {
  expect(readLadder({ levels, minimumCalls: Number.POSITIVE_INFINITY }).settings.verdict.trialCalls).toBe(
    Number.POSITIVE_INFINITY,
  );
});

test('a signal leads to the first level that answers, or the second where none does', () => {
  const to = (given: object): number | undefined => readLadder({ signals: [signal], ...given } as never).settings.rules[0]?.to;
  expect(to({ levels })).toBe(2);
  expect(to({ levels: levels.slice(0, 2) })).toBe(1);
  expect(to({ levels, signals: [{ ...signal, to: 'lite' }] })).toBe(1);
});

test('the thresholds of a signal', () => {
  const { rules } = readLadder({ levels, signals: [signal, { ...signal, downAt: 200, forMs: 50 }] }).settings;
  expect(rules).toEqual([
    { name: 'load', source: signal, downAt: 0.8, upBelow: 0.4, forMs: 0, to: 2 },
    { name: 'load', source: { ...signal, downAt: 200, forMs: 50 }, downAt: 200, upBelow: 100, forMs: 50, to: 2 },
  ]);
});

describe('what cannot be', () => {
  test.each<[object | undefined, string]>([
    [undefined, 'levels'],
    [{}, 'levels'],
    [{ levels: 'full' }, 'levels'],
    [{ levels: [{ name: 'full' }] }, 'levels'],
    [{ levels: [{ name: 'full' }, {}] }, 'levels[1].name'],
    [{ levels: [{ name: 'full' }, null] }, 'levels[1]'],
    [{ levels: [{ name: 'full' }, 'static'] }, 'levels[1]'],
    [{ levels: [{ name: 'full' }, { name: 5, answer: 1 }] }, 'levels[1].name'],
    [{ levels: [{ name: 'full' }, { name: 'full', answer: 1 }] }, 'levels[1].name'],
    [{ levels: [{ name: 'full' }, { name: 'static', anwser: 1 }] }, 'levels[1].anwser'],
    [{ levels: [{ name: 'full', answer: 1 }, { name: 'static' }] }, 'levels[0].answer'],
    [{ levels: [{ name: 'full' }, { name: 'a', answer: 1 }, { name: 'b' }] }, 'levels[2].answer'],
    [{ levels, failureRatio: 0 }, 'failureRatio'],
    [{ levels, slowRatio: 1.1 }, 'slowRatio'],
    [{ levels, minimumCalls: 1.5 }, 'minimumCalls'],
    [{ levels, minimumCalls: 0 }, 'minimumCalls'],
    [{ levels, window: 5 }, 'window'],
    [{ levels, window: { durationMs: 0 } }, 'window.durationMs'],
    [{ levels, window: { calls: 5 } }, 'window.calls'],
    [{ levels, evaluateMs: -1 }, 'evaluateMs'],
    [{ levels, climb: [] }, 'climb'],
    [{ levels, climb: { afterMs: 0 } }, 'climb.afterMs'],
    [{ levels, climb: { factor: 0.5 } }, 'climb.factor'],
    [{ levels, climb: { afterMs: 10, capMs: 5 } }, 'climb.capMs'],
    [{ levels, climb: { jitterRatio: 2 } }, 'climb.jitterRatio'],
    [{ levels, climb: { rampMs: 999 } }, 'climb.rampMs'],
    [{ levels, climb: { startRatio: 0 } }, 'climb.startRatio'],
    [{ levels, signals: signal }, 'signals'],
    [{ levels, signals: [null] }, 'signals[0]'],
    [{ levels, signals: [{ read }] }, 'signals[0].name'],
    [{ levels, signals: [{ name: 'load' }] }, 'signals[0].read'],
    [{ levels, signals: [signal, { ...signal, downAt: 0 }] }, 'signals[1].downAt'],
    [{ levels, signals: [{ ...signal, downAt: 0.3, upBelow: 0.4 }] }, 'signals[0].upBelow'],
    [{ levels, signals: [{ ...signal, upBelow: 0 }] }, 'signals[0].upBelow'],
    [{ levels, signals: [{ ...signal, forMs: -1 }] }, 'signals[0].forMs'],
    [{ levels, signals: [{ ...signal, to: 'full' }] }, 'signals[0].to'],
    [{ levels, signals: [{ ...signal, to: 'off' }] }, 'signals[0].to'],
    [{ levels, signal: [] }, 'signal'],
    [{ levels, clock: {} }, 'clock'],
    [{ levels, random: 0.5 }, 'random'],
    [{ levels, name: '' }, 'name'],
  ])('%o', (options, option) => {
    expect(() => readLadder(options as never)).toThrow(wrong(option));
  });
});

test('mistakes are told by the name it was given, inside of other options, too', () => {
  const named = { name: 'titles', levels, signals: [signal] };
  for (const [mistake, path] of [
    [{ climb: { afterMs: 0 } }, 'climb.afterMs'],
    [{ climb: { afterMs: 10, capMs: 5 } }, 'climb.capMs'],
    [{ window: { durationMs: 0 } }, 'window.durationMs'],
    [{ signals: [{ ...signal, downAt: 0 }] }, 'signals[0].downAt'],
    [{ failureRatio: 0 }, 'failureRatio'],
  ] as const) {
    const told = expect.objectContaining({ policy: 'titles', option: path });
    expect(() => readLadder({ ...named, ...mistake })).toThrow(told);
    expect(() => readChanges(named, mistake as never)).toThrow(told);
  }
  expect(() => readLadder({ name: 'titles', levels: [{ name: 'full' }, {}] } as never)).toThrow(
    /^titles: option levels\[1\].name must be a non-empty string, got undefined/,
  );
});

describe('changes', () => {
  const given = { levels, name: 'ladder', failureRatio: 0.3, climb: { afterMs: 1_000, factor: 3 } } as const;

  test('are laid over what was given, inside of climb, too', () => {
    const { settings } = readChanges(given, { failureRatio: undefined, minimumCalls: 7, climb: { afterMs: 2_000 } });
    expect(settings).toMatchObject({
      verdict: { failureRatio: 0.5, minimumCalls: 7 },
      climb: { afterMs: 2_000, factor: 3 },
    });
  });

  test('build on those before', () => {
    const first = readChanges(given, { climb: { factor: 4 } });
    expect(readChanges(first.given, { evaluateMs: 50 }).settings).toMatchObject({
      evaluateMs: 50,
      climb: { afterMs: 1_000, factor: 4 },
    });
  });

  test.each<[object, string]>([
    [{ levels: [{ name: 'full' }, { name: 'off' }] }, 'levels'],
    [{ name: 'other' }, 'name'],
    [{ random: () => 0 }, 'random'],
    [{ clock: { now() {}, turnNow() {}, arm() {}, disarm() {}, sleep() {} } }, 'clock'],
    [{ failureRatio: 2 }, 'failureRatio'],
    [{ climb: { afterMs: 1e6, capMs: 5 } }, 'climb.capMs'],
    [{ signals: [{ ...signal, to: 'off' }] }, 'signals[0].to'],
    [{ levles: [] }, 'levles'],
    [{ climb: [] }, 'climb'],
    [{ climb: null }, 'climb'],
    [{ window: 5 }, 'window'],
  ])('cannot be %o', (changes, option) => {
    expect(() => readChanges(given, changes)).toThrow(wrong(option));
  });

  test('may repeat what cannot change, be it in another list', () => {
    expect(() => readChanges(given, { name: 'ladder', levels } as object)).not.toThrow();
    expect(() =>
      readChanges(given, { levels: levels.map((level) => ({ ...level })), random: undefined } as object),
    ).not.toThrow();
  });

  test.each([
    ['fewer', levels.slice(0, 3)],
    ['another name', [...levels.slice(0, 3), { name: 'fixed', answer: 0 }]],
    ['another answer', [...levels.slice(0, 3), { name: 'static', answer: 1 }]],
  ])('cannot be other levels: %s', (_what, others) => {
    expect(() => readChanges(given, { levels: others } as object)).toThrow(
      /^ladder: option levels must be what it was made with: it cannot change while running/,
    );
  });

  test('to undefined bring the default back, of all of climb, too', () => {
    expect(readChanges(given, { climb: undefined }).settings.climb).toMatchObject({ afterMs: 5_000, factor: 2 });
    expect(readChanges(given, { climb: { factor: undefined } }).settings.climb).toMatchObject({ afterMs: 1_000, factor: 2 });
  });
});
