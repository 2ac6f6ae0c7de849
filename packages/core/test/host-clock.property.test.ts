import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Alarm } from '../src/clock.ts';
import { HostClock } from '../src/host-clock.ts';
import { ScriptedHost } from './scripted-host.ts';

const TIMERS = 6;
const EPSILON_MS = 1e-6; // of adding fractions

class Probe extends Alarm {
  /** The earliest and the latest time it may fire at while the loop is free; `undefined` while not armed. */
  window: { earliestMs: number; latestMs: number } | undefined;
  fired = 0;
  readonly #onFire: (probe: Probe, stalled: boolean) => void;
  constructor(onFire: (probe: Probe, stalled: boolean) => void) {
    super(() => {});
    this.#onFire = onFire;
  }
  override fire(stalled: boolean): void {
    this.#onFire(this, stalled);
  }
}

const which = fc.nat({ max: TIMERS - 1 });
const delay = fc.oneof(
  fc.integer({ min: 0, max: 200 }).map((quarters) => quarters / 4),
  fc.integer({ min: 0, max: 5_000 }),
  fc.constantFrom(2 ** 31 - 1, 2 ** 31, 2 ** 33, Number.POSITIVE_INFINITY),
);
const arm = fc.record({ kind: fc.constant('arm' as const), which, delay });
const disarm = fc.record({ kind: fc.constant('disarm' as const), which });
const fix = fc.record({ kind: fc.constant('fix the end' as const), which });
const turn = fc.record({ kind: fc.constant('turn' as const) });
const run = fc.record({ kind: fc.constant('run' as const), ms: delay.filter(Number.isFinite) });
const block = fc.record({ kind: fc.constant('block' as const), ms: fc.integer({ min: 1, max: 400 }).map((ms) => ms / 2) });
const inFire = fc.array(fc.oneof(arm, disarm), { maxLength: 3 });
const start = fc.constantFrom(0, 0.75, 2 ** 31 - 5, 2 ** 40 + 0.5);

type Generated<A> = A extends fc.Arbitrary<infer T> ? T : never;
type Step = Generated<typeof arm | typeof disarm | typeof fix | typeof turn | typeof run | typeof block>;

function check(startMs: number, canUnref: boolean, script: readonly Step[], reactions: readonly Step[]): void {
  const host = new ScriptedHost({ timeMs: startMs, canUnref });
  const clock = new HostClock(host);
  const blocks = script.some(({ kind }) => kind === 'block');
  let reactionsLeft = 20;

  const probes = Array.from(
    { length: TIMERS },
    () =>
      new Probe((probe, stalled) => {
        expect(probe.window).toBeDefined();
        expect(host.timeMs).toBeGreaterThanOrEqual(probe.window!.earliestMs - EPSILON_MS);
        if (!blocks) {
          expect(host.timeMs).toBeLessThanOrEqual(probe.window!.latestMs + EPSILON_MS);
          expect(stalled).toBe(false);
        }
        expect([probe.dueAt, probe.next]).toEqual([Number.NaN, undefined]);
        probe.window = undefined;
        probe.fired++;
        if (reactionsLeft-- > 0) for (const step of reactions) act(step);
      }),
  );

  function act(step: Step): void {
    if (step.kind === 'turn') host.turn();
    else if (step.kind === 'run') host.run(step.ms);
    else if (step.kind === 'block') host.block(step.ms);
    else {
      const probe = probes[step.which]!;
      if (step.kind === 'disarm') {
        clock.disarm(probe);
        probe.window = undefined;
      } else if (step.kind === 'arm') {
        clock.arm(probe, step.delay);
        const dueAt = host.timeMs + step.delay;
        // A tick of rounding, and one for a timeout that called back too early.
        probe.window = Number.isFinite(dueAt) ? { earliestMs: dueAt, latestMs: dueAt + 2 } : undefined;
      } else if (probe.window !== undefined && Number.isNaN(probe.dueAt)) {
        probe.dueAt = clock.now() + probe.delayMs;
      }
    }
  }

  for (const step of script) {
    act(step);
    expect(host.timeouts.length).toBeLessThanOrEqual(1);
    expect(host.immediates.length).toBeLessThanOrEqual(1);
    if (step.kind === 'turn' || step.kind === 'run') {
      const armed = probes.some(({ window }) => window !== undefined);
      if (armed) expect(host.isKeptAlive).toBe(true);
      // The turn after the last one fired may still be to come.
      else if (step.kind === 'run') expect(host.isKeptAlive).toBe(false);
    }
  }
  reactionsLeft = 0;
  host.run(2 ** 34);
  expect(probes.filter(({ window }) => window !== undefined)).toEqual([]);
  expect([host.timeouts, host.immediates, host.reported]).toEqual([[], [], []]);
}

test('on a free loop every armed timer fires once, never early, late by two ticks at most, and nothing keeps running after', () => {
  const script = fc.array(fc.oneof(arm, arm, disarm, fix, turn, run), { maxLength: 40 });
  fc.assert(fc.property(start, fc.boolean(), script, inFire, check), { numRuns: 500 });
});

test('on a blocked loop every armed timer still fires once, never early, and nothing keeps running after', () => {
  const script = fc.array(fc.oneof(arm, arm, disarm, fix, turn, run, block), { maxLength: 40 });
  fc.assert(fc.property(start, fc.boolean(), script, inFire, check), { numRuns: 500 });
});
