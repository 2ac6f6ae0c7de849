import { describe, expect, test } from 'vitest';
import { checkPolicy, stretchOf } from './plan.ts';
import { pipeline } from './pipeline.ts';
import type { Guard, Wrapper } from './policy.ts';
import { systemClock } from './system-clock.ts';
import { VirtualClock } from './testing/virtual-clock.ts';

const common = { classify: undefined, finished: () => {}, endsInOperation: true };
const guard = (own: Partial<Guard> = {}): Guard => ({ enter() {}, ...own });
const wrapper: Wrapper = { name: 'w', run: (operation) => operation() };

describe('stretchOf', () => {
  test('makes one stretch of neighbouring guards, and a new one after each wrapper', () => {
    const first = stretchOf([guard(), guard(), wrapper, wrapper, guard()], common);
    expect(first.stages).toHaveLength(2);
    expect(first.wrapper).toBe(wrapper);
    expect(first.inside!.stages).toEqual([]);
    expect(first.inside!.wrapper).toBe(wrapper);
    expect(first.inside!.inside!.stages).toHaveLength(1);
    expect(first.inside!.inside!.wrapper).toBeUndefined();
  });

  test('only the innermost ends in the operation, only the outermost ends the call', () => {
    const first = stretchOf([wrapper, guard()], common);
    expect(first).toMatchObject({ endsInOperation: false, finished: common.finished });
    expect(first.inside).toMatchObject({ endsInOperation: true, finished: undefined });
  });

  test('a pipeline without policies is one empty stretch', () => {
    expect(stretchOf([], common)).toMatchObject({ stages: [], wrapper: undefined, slowCallMs: Infinity, observed: false });
  });

  test('a stretch is observed when a guard asks for durations or for slowness, and the lowest slowCallMs holds', () => {
    expect(stretchOf([guard(), guard({ timed: true })], common).observed).toBe(true);
    expect(stretchOf([guard({ timed: false })], common).observed).toBe(false);
    const slow = stretchOf([guard({ slowCallMs: 50 }), guard({ slowCallMs: 20 }), guard()], common);
    expect(slow).toMatchObject({ observed: true, slowCallMs: 20 });
  });

  test('a guard without a name is called policy', () => {
    expect(stretchOf([guard(), guard({ name: 'mine' })], common).stages.map(({ name }) => name)).toEqual(['policy', 'mine']);
  });
});

describe('checkPolicy', () => {
  const check = (policy: unknown) => (): void => checkPolicy('p', 'policies[0]', policy, systemClock);

  test.each([
    guard(),
    { exit() {} },
    wrapper,
    pipeline('q'),
    { enter() {}, exit: undefined, run: undefined },
    guard({ slowCallMs: Infinity }),
  ])('accepts %#', (policy) => {
    expect(check(policy)).not.toThrow();
  });

  test.each([
    ['nothing at all', undefined, 'policies[0]'],
    ['null', null, 'policies[0]'],
    ['a factory that was not called', () => guard(), 'policies[0]'],
    ['a promise of a policy', Promise.resolve(guard()), 'policies[0]'],
    ['what does nothing', { name: 'idle' }, 'policies[0]'],
    ['both shapes at once', { enter() {}, run() {} }, 'policies[0]'],
    ['an enter that is no function', { enter: 5, exit() {} }, 'policies[0]'],
    ['a run that is no function', { run: true }, 'policies[0]'],
    ['an empty name', { name: '', enter() {} }, 'policies[0].name'],
    ['a name that is no string', { name: 5, enter() {} }, 'policies[0].name'],
    ['a slowCallMs of nothing', { enter() {}, slowCallMs: Number.NaN }, 'policies[0].slowCallMs'],
    ['a slowCallMs in words', { enter() {}, slowCallMs: '5' }, 'policies[0].slowCallMs'],
    ['another clock', { enter() {}, clock: new VirtualClock() }, 'policies[0].clock'],
  ])('refuses %s', (_what, policy, option) => {
    expect(check(policy)).toThrow(expect.objectContaining({ code: 'HOLDFAST_CONFIG', policy: 'p', option }));
  });

  test('names the policy that keeps another time', () => {
    const policy = { name: 'breaker', enter() {}, clock: new VirtualClock() };
    expect(check(policy)).toThrow(/clock must be the pipeline's clock: give both the same one, got .*breaker/);
  });
});
