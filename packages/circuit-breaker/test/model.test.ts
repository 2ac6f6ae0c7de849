import { circuitBreaker } from '@holdfast/circuit-breaker';
import type { CircuitBreaker, CircuitBreakerOptions } from '@holdfast/circuit-breaker';
import { isHoldfastError, Outcome, subscribe } from '@holdfast/core';
import type { CallContext, OutcomeKind } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SimpleModel } from './simple-model.ts';
import type { ModelOptions } from './simple-model.ts';

const call = { id: 1, pipeline: 'model' } as CallContext;

interface Real {
  readonly breaker: CircuitBreaker;
  readonly clock: VirtualClock;
  /** What `enter` gave each call in flight, in the order of the model's. */
  readonly inFlight: (number | undefined)[];
}

type Step = fc.Command<SimpleModel, Real>;

/** After each step the breaker says of itself what the model says. */
function compare(model: SimpleModel, { breaker }: Real): void {
  const { visibleState, counted, trialsUnderWay } = model;
  const of = (wanted: OutcomeKind): number => counted.filter((kind) => kind === wanted).length;
  const { state, calls, failures, slow, outstandingTrials, openForMs, openings } = breaker.snapshot();
  agree('state', state, visibleState);
  agree('state', breaker.state, visibleState);
  agree('trials under way', outstandingTrials, trialsUnderWay);
  if (trialsUnderWay > model.permits) throw new Error(`${trialsUnderWay} trials under way`);
  if (state === 'open') {
    agree('open time', openForMs, model.openUntil - model.now);
    agree('openings', openings, model.openings);
  } else {
    agree('calls', calls, counted.length);
    agree('failures', failures, of('failure'));
    agree('slow calls', slow, of('slow'));
    agree('ramp time', breaker.exportState().rampForMs, model.rampForMs);
  }
}

/** An `expect` costs a hundred times as much, and here are a million. */
function agree(what: string, real: unknown, model: unknown): void {
  if (real !== model) throw new Error(`${what}: is ${String(real)}, should be ${String(model)}`);
}

function step(text: string, run: (model: SimpleModel, real: Real) => void): Step {
  return {
    check: () => true,
    run: (model, real) => {
      run(model, real);
      compare(model, real);
    },
    toString: () => text,
  };
}

const enter = (): Step =>
  step('enter', (model, { breaker, inFlight, clock }) => {
    const admitted = model.enter();
    try {
      inFlight.push(breaker.enter(call));
      agree('admitted', true, admitted);
    } catch (error) {
      if (!isHoldfastError(error, 'HOLDFAST_CIRCUIT_OPEN')) throw error;
      agree('admitted', false, admitted);
      if (model.state === 'open') agree('retryAfterMs', error.retryAfterMs, model.openUntil - clock.now());
    }
  });

const exit = (which: number, kind: OutcomeKind): Step => ({
  ...step(`exit(${which}, ${kind})`, (model, { breaker, inFlight }) => {
    const index = which % inFlight.length;
    const before = breaker.state;
    const isLate = model.inFlight[index]!.era !== model.era;
    model.exit(index, kind);
    breaker.exit(call, new Outcome(kind, false, undefined, undefined), inFlight.splice(index, 1)[0]);
    if (isLate) agree('state after a late outcome', breaker.state, before);
  }),
  check: ({ inFlight }) => inFlight.length > 0,
});

const pass = (ms: number): Step =>
  step(`pass(${ms})`, (model, { clock }) => {
    model.now += ms;
    clock.stall(ms);
  });

const isolate = (): Step =>
  step('isolate', (model, { breaker }) => {
    model.isolate();
    breaker.isolate();
  });

const close = (): Step =>
  step('close', (model, { breaker }) => {
    model.close();
    breaker.close();
  });

const kinds = fc.constantFrom<OutcomeKind>(
  'success',
  'slow',
  'failure',
  'failure',
  'ignored',
  'cancelled',
  'rejected',
  'stalled',
);
const exits = fc.tuple(fc.nat({ max: 20 }), kinds).map(([which, kind]) => exit(which, kind));
const durations = fc.oneof(fc.constantFrom(0, 1, 99, 100, 500, 1_000), fc.nat({ max: 3_000 }));
const steps = fc.oneof(
  { weight: 8, arbitrary: fc.constant(null).map(enter) },
  { weight: 8, arbitrary: exits },
  { weight: 3, arbitrary: durations.map(pass) },
  { weight: 1, arbitrary: fc.constantFrom(isolate, close).map((make) => make()) },
);

const windows = {
  durationMs: fc.constantFrom({ durationMs: 1_000 }, { durationMs: 333 }, { durationMs: 5_000 }),
  calls: fc.constantFrom({ calls: 6 }, { calls: 31 }),
};
const rules = {
  failureRatio: fc.constantFrom(0.2, 0.5, 1),
  slowRatio: fc.constantFrom(0.3, 1),
  minimumCalls: fc.constantFrom(1, 3, 6),
  consecutiveFailures: fc.constantFrom(2, 5, Infinity),
  openMs: fc.constantFrom(0, 100, 1_000),
  factor: fc.constantFrom(1, 2),
  capMs: fc.constantFrom(1_000, 3_000),
  resetAfterMs: fc.constantFrom(0, 700),
  permits: fc.constantFrom(1, 2, 3, 5),
  maxWaitMs: fc.constantFrom(50, 500),
  rampMs: fc.constantFrom(0, 600),
  rampMinimumCalls: fc.constant(1),
};
const options: fc.Arbitrary<ModelOptions> = fc.record({ window: fc.oneof(windows.durationMs, windows.calls), ...rules });

/** What differs between two sets of the model's options, as options of a breaker. */
function changesOf({ window, ...changes }: Partial<ModelOptions>): CircuitBreakerOptions {
  const has = (option: keyof ModelOptions): boolean => option in changes;
  const { rampMs, rampMinimumCalls: minimumCalls } = changes;
  const ramp = rampMs === 0 || rampMs === undefined ? undefined : { durationMs: rampMs, minimumCalls };
  const { factor, capMs, resetAfterMs, permits, maxWaitMs, consecutiveFailures } = changes;
  const backoff = {
    ...(has('factor') && { factor }),
    ...(has('capMs') && { capMs }),
    ...(has('resetAfterMs') && { resetAfterMs }),
  };
  return {
    ...(window && { window }),
    ...(has('failureRatio') && { failureRatio: changes.failureRatio }),
    ...(has('slowRatio') && { slowRatio: changes.slowRatio }),
    ...(has('minimumCalls') && { minimumCalls: changes.minimumCalls }),
    ...(has('openMs') && { openMs: changes.openMs }),
    ...(has('consecutiveFailures') && {
      consecutiveFailures: consecutiveFailures === Infinity ? undefined : consecutiveFailures,
    }),
    backoff,
    halfOpen: { ...(has('permits') && { permits }), ...(has('maxWaitMs') && { maxWaitMs }) },
    ...(has('rampMs') && { ramp }),
  };
}

const update = (changes: Partial<ModelOptions>, window: { durationMs: number }, calls: { calls: number }): Step =>
  step(`update(${fc.stringify(changes)}, ${fc.stringify(window)} or ${fc.stringify(calls)})`, (model, { breaker }) => {
    const all = { ...changes, window: 'calls' in model.options.window ? calls : window };
    breaker.prepareUpdate(changesOf(all))();
    model.update(all);
  });
const someRules = fc.record({ ...rules, rampMinimumCalls: fc.constant(1) }, { requiredKeys: ['rampMinimumCalls'] });
const updates = fc.tuple(someRules, windows.durationMs, windows.calls).map((changes) => update(...changes));

function realOf(given: ModelOptions): Real {
  const { window, failureRatio, slowRatio, minimumCalls, openMs, permits, maxWaitMs } = given;
  const clock = new VirtualClock();
  const breaker = circuitBreaker({
    window,
    failureRatio,
    slowCallMs: 1,
    slowRatio,
    minimumCalls,
    ...(given.consecutiveFailures === Infinity ? {} : { consecutiveFailures: given.consecutiveFailures }),
    openMs,
    backoff: { factor: given.factor, capMs: given.capMs, resetAfterMs: given.resetAfterMs, jitterRatio: 0 },
    halfOpen: { permits, maxWaitMs },
    ...(given.rampMs === 0 ? {} : { ramp: { durationMs: given.rampMs, minimumCalls: given.rampMinimumCalls } }),
    clock,
    random: () => 0,
  });
  return { breaker, clock, inFlight: [] };
}

/** @returns the changes of state that were too seldom for the steps to mean something. */
function play(any: fc.Arbitrary<Step>): string[] {
  const published = new Map<string, number>();
  const unsubscribe = subscribe(({ type }) => published.set(type, (published.get(type) ?? 0) + 1));
  fc.assert(
    fc.property(options, fc.commands([any], { maxCommands: 60, size: 'max' }), (given, commands) => {
      fc.modelRun(() => ({ model: new SimpleModel(given), real: realOf(given) }), commands);
    }),
    { numRuns: 3_000 },
  );
  unsubscribe();
  const types = ['circuit.opened', 'circuit.half-opened', 'circuit.closed', 'circuit.isolated'];
  return types.filter((type) => (published.get(type) ?? 0) < 500);
}

test('does what the simple model does, whatever comes', { timeout: 30_000 }, () => {
  expect(play(steps)).toEqual([]);
});

test('updated at any moment, it goes on as the model whose options changed at that moment', { timeout: 30_000 }, () => {
  expect(play(fc.oneof({ weight: 15, arbitrary: steps }, { weight: 1, arbitrary: updates }))).toEqual([]);
});
