import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Alarm } from '../src/clock.ts';
import type { Timer } from '../src/clock.ts';
import { TimerWheel } from '../src/timer-wheel.ts';

/** What a timer does to the wheel while it is handed out. */
type Reaction = 'nothing' | 'insert again' | 'insert in the past';

class Probe extends Alarm {
  readonly reaction: Reaction;
  constructor(dueAt: number, reaction: Reaction) {
    super(() => {});
    this.dueAt = dueAt;
    this.reaction = reaction;
  }
}

/** The wheel as a plain list, in the order of insertion. */
class Model {
  waiting: Probe[] = [];
  due: Probe[] = [];
  expiring: Probe[] = [];
  tick: number;

  constructor(startMs: number) {
    this.tick = Math.floor(startMs);
  }
  insert(probe: Probe): void {
    (Math.ceil(probe.dueAt) <= this.tick ? this.due : this.waiting).push(probe);
  }
  remove(probe: Probe): void {
    for (const list of [this.waiting, this.due, this.expiring]) {
      if (list.includes(probe)) list.splice(list.indexOf(probe), 1);
    }
  }
  advance(nowMs: number): void {
    this.tick = Math.floor(nowMs);
    const isDue = (probe: Probe) => Math.ceil(probe.dueAt) <= this.tick;
    this.due.push(...this.waiting.filter(isDue).toSorted((a, b) => Math.ceil(a.dueAt) - Math.ceil(b.dueAt)));
    this.waiting = this.waiting.filter((probe) => !isDue(probe));
  }
  expire(handOut: (probe: Probe) => void): void {
    this.expiring = this.due;
    this.due = [];
    for (let probe = this.expiring.shift(); probe !== undefined; probe = this.expiring.shift()) handOut(probe);
  }
  get isEmpty(): boolean {
    return this.waiting.length === 0 && this.due.length === 0;
  }
}

/** @returns what was handed out, in order. */
function expire(target: TimerWheel | Model, nowMs: number): Probe[] {
  const order: Probe[] = [];
  target.advance(nowMs);
  target.expire((timer) => {
    const probe = timer as Probe;
    order.push(probe);
    if (probe.reaction === 'insert again') probe.dueAt += 700.5;
    if (probe.reaction !== 'nothing') target.insert(probe);
  });
  return order;
}

const starts = fc.constantFrom(0, 0.5, 1_000, 2 ** 30 - 3, 2 ** 31 - 5, 2 ** 32 - 5, 2 ** 40, 2 ** 50);
const delays = fc.oneof(
  fc.integer({ min: -50, max: 100 }),
  fc.integer({ min: 0, max: 400 }).map((quarters) => quarters / 4),
  fc.integer({ min: 0, max: 100_000 }),
  fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  fc.integer({ min: 0, max: 1_000 }).map((days) => days * 86_400_000),
);
const reactions = fc.constantFrom<Reaction>('nothing', 'nothing', 'insert again', 'insert in the past');
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('insert' as const), delay: delays, reaction: reactions }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), index: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('advance' as const), delay: delays }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('wake' as const) }) },
  ),
  { maxLength: 120 },
);

test('the wheel hands out the same timers in the same order as a sorted list, from any start', () => {
  fc.assert(
    fc.property(starts, steps, (startMs, script) => {
      const wheel = new TimerWheel(startMs);
      const model = new Model(startMs);
      // One probe each, since both write to it; told apart by position.
      const probes: [Probe, Probe][] = [];
      const nameOf = (probe: Probe) => probes.findIndex((pair) => pair.includes(probe));
      let nowMs = startMs;
      for (const step of script) {
        if (step.kind === 'insert') {
          const pair: [Probe, Probe] = [
            new Probe(nowMs + step.delay, step.reaction),
            new Probe(nowMs + step.delay, step.reaction),
          ];
          probes.push(pair);
          wheel.insert(pair[0]);
          model.insert(pair[1]);
        } else if (step.kind === 'remove') {
          const pair = probes[step.index % Math.max(1, probes.length)];
          if (pair === undefined) continue;
          wheel.remove(pair[0]);
          model.remove(pair[1]);
        } else {
          const wakeAt = wheel.nextAt;
          if (step.kind === 'wake' && wakeAt === Number.POSITIVE_INFINITY) continue;
          nowMs = Math.max(nowMs, step.kind === 'wake' ? wakeAt : nowMs + step.delay);
          const actual = expire(wheel, nowMs);
          const wanted = expire(model, nowMs);
          expect(actual.map(nameOf)).toEqual(wanted.map(nameOf));
          expect(actual.every(({ dueAt, reaction }) => reaction === 'insert again' || dueAt <= nowMs)).toBe(true);
        }
        const ticks = [...model.waiting, ...model.due].map(({ dueAt }) => Math.ceil(dueAt));
        expect(wheel.isEmpty).toBe(model.isEmpty);
        expect(wheel.nextAt).toBeLessThanOrEqual(Math.max(Math.floor(nowMs), Math.min(...ticks)));
        if (ticks.length === 0) expect(wheel.nextAt).toBe(Number.POSITIVE_INFINITY);
      }
    }),
    { numRuns: 500 },
  );
});

test('timers removed while others are handed out are never handed out', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 300 }), fc.nat()), { minLength: 1, maxLength: 40 }), (script) => {
      const wheel = new TimerWheel(0);
      const probes = script.map(([dueAt]) => new Probe(dueAt, 'nothing'));
      for (const probe of probes) wheel.insert(probe);
      const gone = new Set<Timer>();
      let handedOut = 0;
      wheel.advance(300);
      wheel.expire((timer) => {
        expect(gone.has(timer)).toBe(false);
        gone.add(timer);
        handedOut++;
        const other = probes[script[probes.indexOf(timer as Probe)]![1] % probes.length]!;
        if (gone.has(other)) return;
        wheel.remove(other);
        gone.add(other);
        handedOut++;
      });
      expect(handedOut).toBe(probes.length);
      expect(wheel.isEmpty).toBe(true);
    }),
  );
});

test('whoever wakes up at nextAt has a handful of wake-ups for nothing at most', () => {
  fc.assert(
    fc.property(starts, fc.integer({ min: 1, max: 86_400_000 * 7 }), (startMs, delay) => {
      const wheel = new TimerWheel(startMs);
      const probe = new Probe(startMs + delay, 'nothing');
      wheel.insert(probe);
      let wakeUps = 0;
      for (; !wheel.isEmpty; wakeUps++) expire(wheel, wheel.nextAt);
      expect(wakeUps).toBeLessThanOrEqual(7);
    }),
  );
});
