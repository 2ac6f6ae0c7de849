import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deadline, isHoldfastError, pipeline, resilient, subscribe, timeout } from '../src/index.ts';
import type { ConfigError, Pipeline } from '../src/index.ts';

const errors = (p: Pipeline<unknown>): unknown[] => p.explain().findings.filter(({ severity }) => severity === 'error');
const shown = (p: Pipeline<unknown>, policy: string): object | undefined =>
  p.snapshot().policies.find((one) => (one as { policy: string }).policy === policy);

const refusal = (run: () => unknown): ConfigError => {
  try {
    run();
  } catch (error) {
    if (isHoldfastError(error, 'HOLDFAST_CONFIG')) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};

describe('what is left out gives way to the deadline', () => {
  test('whatever its length, as options or as a policy', () => {
    const anyMs = fc.oneof(fc.double({ min: 1e-3, max: 1e9, noNaN: true }), fc.integer({ min: 1, max: 20_000 }));
    fc.assert(
      fc.property(anyMs, fc.boolean(), (ms, asPolicy) => {
        const whole = asPolicy ? deadline({ ms }) : { ms };
        const { findings } = resilient('p', { deadline: whole, hedge: {}, rateLimit: { limit: 5 } }).explain();
        expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
      }),
    );
  });

  test.each([
    [800, 400, 800],
    [1_900, 950, 1_900],
    [2_000, 1_000, 2_000],
    [60_000, 1_000, 3_000],
    [Number.POSITIVE_INFINITY, 1_000, 3_000],
  ])('one of %d ms leaves %d ms for the queue and %d ms for an attempt', (ms, queueTimeoutMs, attemptMs) => {
    const p = resilient('p', { deadline: { ms } });
    expect(p.explain().layers.find(({ policy }) => policy === 'bulkhead')?.traits.waitMs).toBe(queueTimeoutMs);
    expect(shown(p, 'timeout')).toMatchObject({ ms: attemptMs });
  });

  test('and what is given stays, also where `explain()` finds fault with it', () => {
    const p = resilient('p', { deadline: { ms: 800 }, bulkhead: { queueTimeoutMs: 1_000 } });
    expect(errors(p)).toMatchObject([{ code: 'wait_never_reached' }]);
  });
});

describe('an attempt that may last longer than the whole is refused', () => {
  test.each([
    ['as options', { deadline: { ms: 1_000 }, timeout: { ms: 5_000 } }],
    ['under a deadline of one’s own', { deadline: deadline({ ms: 1_000 }), timeout: { ms: 5_000 } }],
    ['as a policy', { deadline: { ms: 1_000 }, timeout: timeout({ ms: 5_000 }) }],
    ['as no bound at all', { deadline: { ms: 1_000 }, timeout: { ms: Number.POSITIVE_INFINITY } }],
  ])('%s', (_title, options) => {
    const { option, message } = refusal(() => resilient('p', options));
    expect(option).toBe('timeout.ms');
    expect(message).toContain('at most deadline.ms, which is 1000');
  });

  test('but not where its length is only known at each attempt, or where there is no deadline', () => {
    resilient('p', { deadline: { ms: 1_000 }, timeout: { ms: () => 5_000 } });
    resilient('p', { deadline: { ms: 1_000 }, timeout: { name: 'own', enter() {} } });
    expect(shown(resilient('p', { deadline: false, timeout: { ms: 5_000 } }), 'timeout')).toMatchObject({ ms: 5_000 });
  });
});

describe('an update', () => {
  const made = (): Pipeline => resilient('r', { deadline: { ms: 1_000, name: 'slo' }, timeout: { ms: 400, name: 'attempt' } });

  test.each([
    [{ attempt: { ms: 5_000 } }, 'attempt.ms', 5_000, 'at most slo.ms, which is 1000'],
    [{ slo: { ms: 300 } }, 'slo.ms', 300, 'at least attempt.ms, which is 400'],
    [{ slo: { ms: 2_000 }, attempt: { ms: 3_000 } }, 'attempt.ms', 3_000, 'at most slo.ms, which is 2000'],
  ])('to %o is refused by the same rule, in the names they have, and changes nothing', (changes, option, value, allowed) => {
    const p = made();
    const before = p.snapshot();
    const error = refusal(() => p.update(changes));
    expect(error).toMatchObject({ policy: 'r', option, value });
    expect(error.message).toContain(allowed);
    expect(p.snapshot()).toEqual(before);
  });

  test('is refused also from the pipeline around it, which then changes nothing either', () => {
    const p = made();
    const outer = pipeline('outer', deadline({ ms: 9_000 }), p);
    expect(refusal(() => outer.update({ deadline: { ms: 8_000 }, r: { attempt: { ms: 5_000 } } }))).toMatchObject({
      policy: 'r',
    });
    expect(shown(outer, 'deadline')).toMatchObject({ ms: 9_000 });
    outer.update({ r: { attempt: { ms: 900 } } });
    expect(shown(p, 'attempt')).toMatchObject({ ms: 900 });
  });

  test('may change both together, judges the next one by what holds then, and is told to subscribers once', () => {
    const p = made();
    const told: unknown[] = [];
    const unsubscribe = subscribe((event) => {
      if (event.type === 'pipeline.updated') told.push(event.changes);
    });
    p.update({ slo: { ms: 9_000 }, attempt: { ms: 5_000 } });
    p.update({ slo: { ms: 6_000 } });
    unsubscribe();
    expect(told).toEqual([{ slo: { ms: 9_000 }, attempt: { ms: 5_000 } }, { slo: { ms: 6_000 } }]);
    expect(refusal(() => p.update({ slo: { ms: 4_000 } })).option).toBe('slo.ms');
    expect(errors(p)).toEqual([]);
  });

  test.each([
    ['a length that cannot be', { attempt: { ms: -1 } }, 'attempt', 'ms'],
    ['one that is no number', { attempt: { ms: '5000' } }, 'attempt', 'ms'],
    ['no length', { slo: { ms: undefined } }, 'slo', 'ms'],
    ['no options', { attempt: null }, 'r', 'attempt'],
    ['nothing at all', undefined, 'r', 'changes'],
  ])('of %s is the business of whom it is for', (_title, changes, policy, option) => {
    expect(refusal(() => made().update(changes as never))).toMatchObject({ policy, option });
  });

  test('of other options, to a length computed at each attempt, or without a deadline is none of this rule’s business', () => {
    const p = made();
    p.update({ attempt: { ms: () => 5_000, cooperative: true } });
    p.update({ slo: { minimumMs: 10 }, bulkhead: { concurrency: 3 } });
    expect(shown(p, 'slo')).toMatchObject({ minimumMs: 10 });
    const unbounded = resilient('u', { deadline: false });
    unbounded.update({ timeout: { ms: 50_000 } });
    expect(shown(unbounded, 'timeout')).toMatchObject({ ms: 50_000 });
  });

  test('works on the pipeline alone as well: `update` may be taken off it', () => {
    const { update } = made();
    expect(refusal(() => update({ attempt: { ms: 5_000 } })).policy).toBe('r');
  });
});
