import { getEventListeners } from 'node:events';
import { isHoldfastError, openCall, pipeline } from '@holdfast/core';
import type { CallContext, Guard, Operation, Pipeline, Policy } from '@holdfast/core';
import { scripted, VirtualClock } from '@holdfast/core/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { deadline, timeout, withCall } from '@holdfast/deadline';
import { fallback } from '../src/fallback.ts';

/**
 * Limits and fallbacks in any order, pipelines within pipelines, any operation. Whatever happens: a call ends by the earliest limit
 * around it, what is left only shrinks on the way in, and nothing is left over.
 */

interface Work {
  readonly ms: number;
  readonly fails: boolean;
  readonly obeysSignal: boolean;
}

type Layer =
  | { readonly kind: 'deadline'; readonly ms: number; readonly minimumRatio: number; readonly cooperative: boolean }
  | { readonly kind: 'timeout'; readonly ms: number; readonly cooperative: boolean }
  | { readonly kind: 'half of what is left' }
  | { readonly kind: 'value' }
  | { readonly kind: 'answer'; readonly work: Work }
  | { readonly kind: 'pipeline'; readonly layers: readonly Layer[] };

/** One pipeline, and how the next one further in, run by its operation, learns that it is part of it. */
interface Level {
  readonly layers: readonly Layer[];
  readonly timeoutMs: number | undefined;
  readonly handedOn: 'as options' | 'as parent' | 'by context';
}

interface Plan {
  readonly levels: readonly Level[];
  readonly work: Work;
  readonly requestMs: number | undefined;
  /** When the caller gives up; late enough, mostly, for everything else to have come first. */
  readonly abortMs: number;
}

const ms = fc.integer({ min: 1, max: 100 });
const work: fc.Arbitrary<Work> = fc.record({
  ms: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 150 }) },
    { weight: 1, arbitrary: fc.constant(Number.POSITIVE_INFINITY) },
  ),
  fails: fc.boolean(),
  obeysSignal: fc.boolean(),
});
const { layer } = fc.letrec<{ layer: Layer }>((tie) => ({
  layer: fc.oneof(
    { maxDepth: 2 },
    fc.record({
      kind: fc.constant('deadline' as const),
      ms,
      minimumRatio: fc.constantFrom(0, 0, 0.2, 0.9),
      cooperative: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('timeout' as const), ms, cooperative: fc.boolean() }),
    fc.record({ kind: fc.constant('half of what is left' as const) }),
    fc.record({ kind: fc.constant('value' as const) }),
    fc.record({ kind: fc.constant('answer' as const), work }),
    fc.record({ kind: fc.constant('pipeline' as const), layers: fc.array(tie('layer'), { maxLength: 3 }) }),
  ),
}));
const level: fc.Arbitrary<Level> = fc.record({
  layers: fc.array(layer, { maxLength: 4 }),
  timeoutMs: fc.option(ms, { nil: undefined }),
  handedOn: fc.constantFrom('as options' as const, 'as parent' as const, 'by context' as const),
});
const plan: fc.Arbitrary<Plan> = fc.record({
  levels: fc.array(level, { minLength: 1, maxLength: 3 }),
  work,
  requestMs: fc.option(ms, { nil: undefined }),
  abortMs: fc.oneof(fc.integer({ min: 0, max: 150 }), fc.constant(1_000)),
});

/** The latest time at which it may end, said in the simplest way. A cooperative limit binds only what obeys it. */
function latestEnd(layers: readonly Layer[], inside: number, obedient: boolean): number {
  return layers.reduceRight((end, one) => {
    switch (one.kind) {
      case 'deadline':
      case 'timeout':
        return one.cooperative && !obedient ? end : Math.min(end, one.ms);
      case 'half of what is left':
      case 'value':
        return end;
      case 'answer':
        return end + one.work.ms;
      case 'pipeline':
        return latestEnd(one.layers, end, obedient);
    }
  }, inside);
}

/** All that is made for one run of a plan. */
class Trial {
  readonly clock = new VirtualClock();
  readonly error = new Error('of the operation');
  /** What was left at each step of the way in. */
  readonly left: number[] = [];
  readonly pipelines: Pipeline<unknown>[] = [];

  operation({ ms, fails, obeysSignal }: Work): Operation<unknown> {
    const steps = [{ afterMs: ms, ...(fails ? { error: this.error } : { value: 'answer' }) }];
    return scripted(steps, { clock: this.clock, ignoresSignal: !obeysSignal });
  }

  pipeline(layers: readonly Layer[]): Pipeline<unknown> {
    const { clock } = this;
    const gauge: Guard = { name: 'gauge', enter: (call) => void this.left.push(call.remainingMs()) };
    const policies = layers.flatMap((one) => [gauge, this.policy(one)]);
    const made = pipeline({ name: 'service', clock }, ...policies, gauge);
    this.pipelines.push(made);
    return made;
  }

  policy(one: Layer): Policy<unknown> {
    const { clock } = this;
    switch (one.kind) {
      case 'deadline':
        return deadline({ ms: one.ms, minimumMs: one.ms * one.minimumRatio, cooperative: one.cooperative, clock });
      case 'timeout':
        return timeout({ ms: one.ms, cooperative: one.cooperative, clock });
      case 'half of what is left':
        return timeout({ ms: (call) => call.remainingMs() / 2, clock });
      case 'value':
        return fallback('plan B');
      case 'answer': {
        const answer = this.operation(one.work);
        return fallback((_error, call) => answer(call));
      }
      case 'pipeline':
        return this.pipeline(one.layers);
    }
  }

  /** The pipelines of all levels, each run by the operation of the one before it. */
  run([first, ...rest]: readonly Level[], work: Work, around: CallContext | undefined, signal?: AbortSignal): Promise<unknown> {
    const { layers, timeoutMs, handedOn } = first!;
    const operation: Operation<unknown> =
      rest.length === 0
        ? this.operation(work)
        : (call) => {
            this.left.push(call.remainingMs());
            return this.run(rest, work, call);
          };
    const service = this.pipeline(layers);
    if (around === undefined || handedOn === 'as parent') return service.run(operation, { timeoutMs, signal, parent: around });
    if (handedOn === 'as options' && timeoutMs === undefined && signal === undefined) return service.run(operation, around);
    return withCall(around, () => service.run(operation, { timeoutMs, signal }));
  }
}

async function checkPlan({ levels, work, requestMs, abortMs }: Plan): Promise<void> {
  const trial = new Trial();
  const { clock, left } = trial;
  const caller = new AbortController();
  const request = requestMs === undefined ? undefined : openCall('request', { timeoutMs: requestMs }, clock);
  let endedAt: number | undefined;
  const ending = trial.run(levels, work, request, caller.signal).then(
    () => undefined,
    (error: unknown) => error,
  );
  void ending.then(() => (endedAt = clock.now()));
  const obedient = work.obeysSignal;
  const bound = levels.reduceRight(
    (end, { layers, timeoutMs = Number.POSITIVE_INFINITY }) => Math.min(timeoutMs, latestEnd(layers, end, obedient)),
    work.ms,
  );

  await clock.advance(abortMs);
  caller.abort('gone');
  await clock.runAll(); // what was left behind ends, too

  expect(endedAt).toBeLessThanOrEqual(Math.min(bound, requestMs ?? Number.POSITIVE_INFINITY, abortMs));
  const error = await ending;
  expect(error === undefined || error === trial.error || error === 'gone' || isHoldfastError(error)).toBe(true);
  expect(left).toEqual(left.toSorted((a, b) => b - a));
  request?.close();
  expect(clock.pendingTimers).toEqual([]);
  expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
  expect(trial.pipelines.map((one) => one.snapshot().inFlight)).toEqual(trial.pipelines.map(() => 0));
}

test('a call ends by the earliest limit around it, has ever less time on the way in, and leaves nothing over', async () => {
  await fc.assert(fc.asyncProperty(plan, checkPlan), { numRuns: 400 });
}, 30_000);
