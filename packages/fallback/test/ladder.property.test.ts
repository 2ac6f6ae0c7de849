import { pipeline, subscribe } from '@holdfast/core';
import type { Clock, Guard, HoldfastEvent } from '@holdfast/core';
import { seededRandom, VirtualClock } from '@holdfast/core/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { circuitSignal, ladder } from '../src/index.ts';
import { LadderState } from '../src/ladder-state.ts';
import type { ClimbSettings, Demand } from '../src/ladder-state.ts';

/** Any demands at any times, pins in between: what holds of the level whatever happens. */

const LOWEST = 3;
const climb: fc.Arbitrary<ClimbSettings> = fc.record({
  afterMs: fc.integer({ min: 1, max: 2_000 }),
  factor: fc.integer({ min: 1, max: 4 }),
  capMs: fc.integer({ min: 2_000, max: 10_000 }),
  jitterRatio: fc.constantFrom(0, 0.5, 1),
  resetAfterMs: fc.integer({ min: 0, max: 20_000 }),
  rampMs: fc.constantFrom(0, 1, 500, 3_000),
  startRatio: fc.constantFrom(0.01, 0.1, 1),
});

interface Step {
  readonly afterMs: number;
  readonly needed: number;
  readonly alsoHeld: number;
  readonly mayGrow: boolean;
  /** Pins this level, or lets go; mostly neither. */
  readonly pin: number | 'unpin' | undefined;
}

const step: fc.Arbitrary<Step> = fc.record({
  afterMs: fc.oneof(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 20_000 })),
  needed: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: LOWEST }) }),
  alsoHeld: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: LOWEST }) }),
  mayGrow: fc.boolean(),
  pin: fc.oneof(
    { weight: 20, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: LOWEST }) },
    { weight: 2, arbitrary: fc.constant('unpin' as const) },
  ),
});

interface Seen extends Demand {
  readonly at: number;
  readonly before: number;
  readonly after: number;
  readonly wasClimbing: boolean;
  readonly pinned: boolean;
  readonly share: number;
  readonly served: number;
}

function play(settings: ClimbSettings, steps: readonly Step[], seed: number): Seen[] {
  const random = seededRandom(seed);
  const state = new LadderState(settings, random, 0);
  let at = 0;
  return steps.map(({ afterMs, needed, alsoHeld, mayGrow, pin }) => {
    at += afterMs;
    if (typeof pin === 'number') state.pin(pin);
    if (pin === 'unpin') state.unpin();
    const { level: before, climbing: wasClimbing, pinned } = state;
    const demand = { needed, held: Math.max(needed, alsoHeld), mayGrow };
    state.step(demand, at);
    return { ...demand, at, before, after: state.level, wasClimbing, pinned, share: state.share, served: state.draw() };
  });
}

const plays = [climb, fc.array(step, { maxLength: 200 }), fc.nat()] as const;

test('the level is one there is, never better than needed unless pinned, and goes up one at a time', () => {
  fc.assert(
    fc.property(...plays, (settings, steps, seed) => {
      for (const { before, after, needed, held, pinned, share, served } of play(settings, steps, seed)) {
        expect(Number.isInteger(after) && after >= 0 && after <= LOWEST).toBe(true);
        expect(after).toBeGreaterThanOrEqual(before - 1);
        if (pinned) expect([after, served]).toEqual([before, before]);
        else expect(served).toBeGreaterThanOrEqual(Math.min(needed, LOWEST));
        if (after < before) expect(held).toBeLessThan(before);
        if (after > before) expect(after).toBe(needed);
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(1);
        expect([after, ...(share > 0 ? [after - 1] : [])]).toContain(served);
      }
    }),
    { numRuns: 500 },
  );
});

test('it begins to climb only after it was calm for afterMs at that level, by every look in between', () => {
  fc.assert(
    fc.property(...plays, (settings, steps, seed) => {
      let calmSince: number | undefined;
      for (const { at, before, after, held, pinned, wasClimbing, share } of play(settings, steps, seed)) {
        const calm = !pinned && held < before;
        calmSince = calm ? (calmSince ?? at) : undefined;
        const begins = !wasClimbing && (share > 0 || after < before);
        if (begins) expect(at - calmSince!).toBeGreaterThanOrEqual(settings.afterMs);
        if (after !== before || wasClimbing) calmSince = undefined;
      }
    }),
    { numRuns: 500 },
  );
});

test('however the demand flaps, the changes are bounded by the time that passes', () => {
  fc.assert(
    fc.property(...plays, (settings, steps, seed) => {
      const seen = play(
        settings,
        steps.map((one) => ({ ...one, pin: undefined })),
        seed,
      );
      const climbs = seen.filter(({ before, after }) => after < before).length;
      const falls = seen.filter(({ before, after }) => after > before).length;
      const elapsedMs = seen.at(-1)?.at ?? 0;
      expect(climbs).toBeLessThanOrEqual(elapsedMs / settings.afterMs);
      expect(falls).toBeLessThanOrEqual(climbs + LOWEST);
    }),
    { numRuns: 500 },
  );
});

test('whatever was before, it is back at the best level soon after all is calm', () => {
  fc.assert(
    fc.property(...plays, (settings, steps, seed) => {
      const state = new LadderState(settings, seededRandom(seed), 0);
      let at = 0;
      for (const { afterMs, needed, mayGrow } of steps) {
        at += afterMs;
        state.step({ needed, held: needed, mayGrow }, at);
      }
      const lookMs = 100;
      const rampLooks = Math.max(11, Math.ceil(settings.rampMs / lookMs) + 1);
      const longestMs = LOWEST * (settings.capMs * (1 + settings.jitterRatio) + (rampLooks + 3) * lookMs);
      const calm = { needed: 0, held: 0, mayGrow: true };
      for (const until = at + longestMs; at < until; at += lookMs) state.step(calm, at);
      expect(state.level).toBe(0);
    }),
    { numRuns: 500 },
  );
});

test('the same seed makes the same climb', () => {
  fc.assert(
    fc.property(...plays, (settings, steps, seed) => {
      expect(play(settings, steps, seed)).toEqual(play(settings, steps, seed));
    }),
    { numRuns: 50 },
  );
});

/**
 * A circuit breaker in short: opens after failures in a row, lets one trial call through when its time is over, then a growing share.
 * What the ladder may assume of any of them, not more; the one of holdfast is another package.
 */
function breaker(clock: Clock, random: () => number, openMs: number, rampMs: number): Guard & { readonly state: string } {
  let failures = 0;
  let openUntil = Number.NEGATIVE_INFINITY;
  let openings = 0;
  let trial = false;
  let closedAt = Number.NEGATIVE_INFINITY;
  const refused = new Error('the circuit is open');
  const open = (): void => {
    openings++;
    openUntil = clock.now() + Math.min(openMs * 2 ** (openings - 1), 30_000);
    failures = 0;
  };
  const stateNow = (): string => (openings === 0 ? 'closed' : clock.now() < openUntil ? 'open' : 'half-open');
  return {
    name: 'breaker',
    get state() {
      return stateNow();
    },
    enter() {
      const state = stateNow();
      if (state === 'open' || (state === 'half-open' && trial)) throw refused;
      if (state === 'half-open') trial = true;
      else if (random() >= (clock.now() - closedAt) / rampMs + 0.1) throw refused;
      return state;
    },
    exit(_call, { kind }, entered) {
      if (entered === 'half-open') trial = false;
      if (kind === 'failure' && (entered === 'half-open' || ++failures >= 5)) open();
      else if (kind === 'success') {
        failures = 0;
        if (entered === 'half-open') [openings, closedAt] = [0, clock.now()];
      }
    },
  };
}

const outage = fc.record({
  told: fc.boolean(),
  callEveryMs: fc.constantFrom(50, 200, 500),
  downMs: fc.integer({ min: 500, max: 60_000 }),
  openMs: fc.constantFrom(500, 5_000),
  rampMs: fc.constantFrom(1, 5_000),
  seed: fc.nat(),
});

test('a ladder and a breaker inside do not hold each other down: after an outage all is served in full again', async () => {
  await fc.assert(
    fc.asyncProperty(outage, async ({ told, callEveryMs, downMs, openMs, rampMs, seed }) => {
      const clock = new VirtualClock();
      const random = seededRandom(seed);
      const inner = breaker(clock, random, openMs, rampMs);
      const service = ladder({
        clock,
        random,
        levels: [{ name: 'full' }, { name: 'cached', answer: 'cached' }],
        signals: told ? [circuitSignal(inner)] : [],
      });
      const calls = pipeline({ name: 'service', clock }, service, inner);
      const changes: HoldfastEvent[] = [];
      const unsubscribe = subscribe((event) => void (event.type === 'ladder.changed' && changes.push(event)));
      const callUntil = async (until: number, operation: () => Promise<string>): Promise<void> => {
        for (; clock.now() < until; await clock.advance(callEveryMs)) expect(await calls.run(operation)).toBeDefined();
      };
      await callUntil(2_000, async () => 'fresh');
      expect(service.level).toBe('full');
      await callUntil(2_000 + downMs, () => Promise.reject(new Error('down')));
      // The longest open time and wait, and all ramps, the ladder's as slow as its calls let it be.
      const longestMs = 30_000 + 60_000 * 1.5 + rampMs + Math.max(20_000, 100 * callEveryMs);
      await callUntil(clock.now() + longestMs, async () => 'fresh');
      unsubscribe();
      expect([service.level, await calls.run(async () => 'fresh')]).toEqual(['full', 'fresh']);
      // Each climb is followed by one fall at most, and took its time.
      expect(changes.length).toBeLessThanOrEqual(2 * (1 + clock.now() / 5_000));
    }),
    { numRuns: 20 },
  );
}, 60_000);
