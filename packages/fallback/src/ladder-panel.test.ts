import { describe, expect, test } from 'vitest';
import { SignalPanel } from './ladder-panel.ts';
import type { SignalRule } from './ladder-panel.ts';
import { circuitSignal, inFlightSignal, queueSignal } from './ladder-signals.ts';

const never = (): never => {
  throw new Error('no signal was to fail');
};

function ruleOf(read: () => number | boolean, changes: Partial<SignalRule> = {}): SignalRule {
  const source = { name: 'load', read };
  return { name: 'load', source, downAt: 0.8, upBelow: 0.4, forMs: 0, to: 1, ...changes };
}

/** What a panel of one signal demands, reading by reading, a second apart. */
function demands(readings: readonly (number | boolean)[], changes: Partial<SignalRule> = {}): number[][] {
  let reading: number | boolean = 0;
  const panel = new SignalPanel([ruleOf(() => reading, changes)], never);
  return readings.map((next, index) => {
    reading = next;
    panel.read(index * 1_000);
    return [panel.needed, panel.held];
  });
}

const [FINE, PENDING, BAD] = [
  [0, 0],
  [0, 1],
  [1, 1],
];

describe('a signal', () => {
  test('is bad from one threshold on, until it is below the other', () => {
    expect(demands([0.79, 0.8, 0.79, 0.4, 0.39, 0.79])).toEqual([FINE, BAD, BAD, BAD, FINE, FINE]);
  });

  test('may have to be so for a while; until then it only keeps from climbing', () => {
    expect(demands([0.9, 0.9, 0.7, 0.9, 0.9, 1, 0.5], { forMs: 2_000 })).toEqual([
      PENDING,
      PENDING,
      FINE,
      PENDING,
      PENDING,
      BAD,
      BAD,
    ]);
  });

  test('may read true or false, or in a unit of its own', () => {
    expect(demands([true, false])).toEqual([BAD, FINE]);
    expect(demands([250, 100, 40], { downAt: 200, upBelow: 50 })).toEqual([BAD, BAD, FINE]);
    expect(demands([Number.POSITIVE_INFINITY])).toEqual([BAD]);
  });

  test.each([
    ['throws', never],
    ['gives no number', () => 'high' as never],
    ['gives NaN', () => Number.NaN],
    ['gives nothing', () => undefined as never],
  ])('that %s keeps its last reading, and that is told once', (_how, broken) => {
    const told: string[] = [];
    let read: () => number = () => 1;
    const panel = new SignalPanel([ruleOf(() => read())], (name) => told.push(name));
    panel.read(0);
    read = broken;
    panel.read(1);
    panel.read(2);
    expect([panel.needed, told]).toEqual([1, ['load']]);
    read = () => 0;
    panel.read(3);
    read = broken;
    panel.read(4);
    expect([panel.needed, told]).toEqual([0, ['load', 'load']]);
  });
});

test('the lowest level that a bad signal wants is the one, and that signal the reason', () => {
  const rules = [
    ruleOf(() => 0.9, { name: 'queue', to: 1 }),
    ruleOf(() => 0.85, { name: 'heap', to: 2 }),
    ruleOf(() => 1, { name: 'brief', to: 3, forMs: 1_000 }),
    ruleOf(() => 0, { name: 'calm', to: 3 }),
  ];
  const panel = new SignalPanel(rules, never);
  panel.read(0);
  expect([panel.needed, panel.held, panel.worst()]).toEqual([2, 3, { reason: 'heap', severity: 0.85 }]);
});

test('other rules take over what signals of the same name and level have said', () => {
  let load = 1;
  const rule = (changes: Partial<SignalRule>): SignalRule => ruleOf(() => load, changes);
  const panel = new SignalPanel([rule({}), rule({ to: 2 }), rule({ name: 'gone' })], never);
  panel.read(0);
  load = 0.5;
  panel.replace([rule({ upBelow: 0.6 }), rule({ to: 2 }), rule({ to: 2 }), rule({ name: 'new', to: 3 })]);
  expect(panel.snapshot(['full', 'cached', 'popular', 'static'])).toEqual([
    { name: 'load', reading: 1, bad: true, to: 'cached' },
    { name: 'load', reading: 1, bad: true, to: 'popular' },
    { name: 'load', reading: 0, bad: false, to: 'popular' },
    { name: 'new', reading: 0, bad: false, to: 'static' },
  ]);
  panel.read(1);
  expect(panel.snapshot(['full', 'cached', 'popular', 'static']).map(({ bad }) => bad)).toEqual([false, true, false, false]);
});

describe('the signals that come with it', () => {
  test.each([
    ['closed', false],
    ['half-open', false],
    ['open', true],
    ['isolated', true],
  ])('a circuit that is %s', (state, bad) => {
    const signal = circuitSignal({ name: 'payments', state });
    expect([signal.name, signal.read(0)]).toEqual(['circuit(payments)', bad]);
  });

  test.each([
    [{ queued: 0, queue: 0 }, 0],
    [{ queued: 15, queue: 60 }, 0.25],
  ])('a queue at %o', (snapshot, fill) => {
    const signal = queueSignal({ snapshot: () => snapshot });
    expect([signal.name, signal.read(0), signal.forMs]).toEqual(['queue', fill, 1_000]);
  });

  test.each([
    [{ inFlight: 3, limit: 4 }, 0.75],
    [{ inFlight: 3, concurrency: 30 }, 0.1],
    [{ inFlight: 0, limit: 0 }, 0],
  ])('calls in flight at %o', (snapshot, used) => {
    const signal = inFlightSignal({ name: 'pool', snapshot: () => snapshot }, { forMs: 0, to: 'static' });
    expect([signal.name, signal.read(0), signal.forMs, signal.to]).toEqual(['inFlight(pool)', used, 0, 'static']);
  });
});

test('a panel that has not been read demands nothing', () => {
  const panel = new SignalPanel([ruleOf(() => 1)], never);
  expect([panel.needed, panel.held, panel.worst()]).toEqual([0, 0, undefined]);
});

test('a signal that is bad stays so while it is between its thresholds, and when it is above both again', () => {
  expect(demands([0.9, 0.9, 0.9, 0.5, 0.9, 0.3], { forMs: 2_000 })).toEqual([PENDING, PENDING, BAD, BAD, BAD, FINE]);
});

test('the lowest level is demanded in whatever order the signals come', () => {
  const rules = [
    ruleOf(() => 1, { name: 'heap', to: 3 }),
    ruleOf(() => 0.9, { name: 'queue', to: 1 }),
    ruleOf(() => 0.9, { name: 'brief', to: 2, forMs: 1_000 }),
  ];
  const panel = new SignalPanel(rules, never);
  panel.read(0);
  expect([panel.needed, panel.held, panel.worst()]).toEqual([3, 3, { reason: 'heap', severity: 1 }]);
});

test.each([
  ['another name', { name: 'heap' }],
  ['another level', { to: 2 }],
])('a rule with %s takes nothing over', (_what, changes) => {
  const panel = new SignalPanel([ruleOf(() => 1)], never);
  panel.read(0);
  panel.replace([ruleOf(() => 0, changes)]);
  expect(panel.snapshot(['full', 'cached', 'static'])).toMatchObject([{ reading: 0, bad: false }]);
});

test.each<unknown>(['0.5', null, [0.5], new Date(0), undefined])(
  '%o is no reading, be it that a number can be made of it',
  (reading) => {
    const failures: unknown[] = [];
    const panel = new SignalPanel([ruleOf(() => reading as number)], (_name, error) => failures.push(error));
    panel.read(0);
    expect(failures).toEqual([new TypeError(`a signal must read a number or a boolean, got ${String(reading)}`)]);
  },
);

test('a queue, or a limit, of one is full with one', () => {
  expect(queueSignal({ snapshot: () => ({ queued: 1, queue: 1 }) }).read(0)).toBe(1);
  expect(inFlightSignal({ snapshot: () => ({ inFlight: 1, limit: 1 }) }).read(0)).toBe(1);
});
