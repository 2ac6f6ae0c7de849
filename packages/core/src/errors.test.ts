import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, test } from 'vitest';
import { ConfigError, DeadlineError, HoldfastError, isHoldfastError, withoutStack } from './errors.ts';

const shown = (value: unknown): string =>
  new ConfigError('p', 'o', value, 'good').message.replace('p: option o must be good, got ', '');

describe('a ConfigError', () => {
  test('names the policy, the option, what is allowed and what was given', () => {
    const error = new ConfigError('retry', 'attempts', 0, 'a whole number of at least 1');
    expect(error.message).toBe('retry: option attempts must be a whole number of at least 1, got 0');
    expect(error).toMatchObject({
      name: 'ConfigError',
      code: 'HOLDFAST_CONFIG',
      policy: 'retry',
      option: 'attempts',
      value: 0,
      allowed: 'a whole number of at least 1',
      retryAfterMs: undefined,
    });
    expect(error).toBeInstanceOf(HoldfastError);
    expect(String(error)).toMatch(/^ConfigError: retry/);
  });

  const cyclic: Record<string, unknown> = { a: 1, twice: [0, 0] };
  cyclic.self = { around: cyclic };
  const shared = { x: 1 };
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();

  test.each<[string, unknown, string]>([
    ['undefined', undefined, 'undefined'],
    ['null', null, 'null'],
    ['NaN', Number.NaN, 'NaN'],
    ['a string, told from a number', '5', '"5"'],
    ['a bigint', 10n, '10n'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['a function', function named() {}, 'function named'],
    ['a function without a name', (() => () => {})(), 'function (anonymous)'],
    ['an array', [1, 'a'], '[1,"a"]'],
    [
      'an object with what JSON does not know',
      { n: 1n, f: parseInt, i: -Infinity },
      '{"n":"1n","f":"function parseInt","i":"-Infinity"}',
    ],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
    ['a promise nobody awaited', Promise.resolve(5), 'an object of type Promise'],
    ['a map', new Map([[1, 2]]), 'an object of type Map'],
    ['an object that JSON leaves out', { toJSON: () => undefined }, 'an object of type Object'],
    ['a cyclic object', cyclic, '{"a":1,"twice":[0,0],"self":{"around":"(cyclic)"}}'],
    ['an object that is only met twice', { a: shared, b: shared }, '{"a":{"x":1},"b":{"x":1}}'],
    ['a revoked proxy', revoked.proxy, 'something that cannot be shown'],
  ])('shows %s', (_what, value, expected) => {
    expect(shown(value)).toBe(expected);
  });

  test('shows an object whose getter throws without throwing itself', () => {
    const hostile = {
      get secret(): never {
        throw new Error('boo');
      },
    };
    expect(shown(hostile)).toBe('something that cannot be shown');
  });

  test('cuts what is long', () => {
    expect(shown('x'.repeat(1_000))).toBe(`"${'x'.repeat(76)}...`);
  });
});

test('a DeadlineError says how long was allowed', () => {
  expect(new DeadlineError('payments', 200)).toMatchObject({
    name: 'DeadlineError',
    code: 'HOLDFAST_DEADLINE',
    message: 'payments: the deadline of 200 ms has passed',
    policy: 'payments',
    timeoutMs: 200,
  });
});

describe('isHoldfastError', () => {
  test('knows errors of holdfast, and their code', () => {
    const error = new DeadlineError('p', 1);
    expect(isHoldfastError(error)).toBe(true);
    expect(isHoldfastError(error, 'HOLDFAST_DEADLINE')).toBe(true);
    expect(isHoldfastError(error, 'HOLDFAST_SHED')).toBe(false);
  });

  test('knows those of another copy of the package, and of another realm', () => {
    expect(isHoldfastError(Object.assign(new TypeError('x'), { code: 'HOLDFAST_SHED' }), 'HOLDFAST_SHED')).toBe(true);
    const foreign: unknown = runInNewContext("Object.assign(new Error('x'), { code: 'HOLDFAST_SHED' })");
    expect(foreign).not.toBeInstanceOf(Error);
    expect(isHoldfastError(foreign, 'HOLDFAST_SHED')).toBe(true);
  });

  test.each([
    ['an error of Node', Object.assign(new Error('x'), { code: 'ECONNRESET' })],
    ['an error with a number for a code', Object.assign(new Error('x'), { code: 503 })],
    ['an error without a code', new Error('x')],
    ['a look-alike that is no error', { code: 'HOLDFAST_SHED' }],
    ['text', 'HOLDFAST_SHED'],
    ['null', null],
    ['undefined', undefined],
  ])('does not take %s for one', (_what, value) => {
    expect(isHoldfastError(value)).toBe(false);
  });
});

describe('withoutStack', () => {
  const limit = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit')!;
  afterEach(() => void Object.defineProperty(Error, 'stackTraceLimit', limit));

  test('makes an error without frames, and the next error has its own again', () => {
    const error = withoutStack(() => new DeadlineError('p', 5));
    expect(error.stack).toMatch(/^\w*Error: p: the deadline of 5 ms has passed$/);
    expect(error.message).toBe('p: the deadline of 5 ms has passed');
    expect(new Error('next').stack).toMatch(/\n {4}at /);
  });

  test('restores the limit also when making fails, and when nested', () => {
    Error.stackTraceLimit = 7;
    const fails = (): never => {
      throw new Error('bug');
    };
    expect(() => withoutStack(fails)).toThrow('bug');
    withoutStack(() => withoutStack(() => new Error('inner')));
    expect(Error.stackTraceLimit).toBe(7);
  });

  test('makes the error with its stack where Error is frozen', () => {
    Object.defineProperty(Error, 'stackTraceLimit', { value: 10, writable: false, configurable: true });
    expect(withoutStack(() => new Error('hardened')).stack).toMatch(/\n {4}at /);
  });
});

test('an error of a policy carries when to try again, if it knows', () => {
  class ShutError extends HoldfastError {
    override readonly name = 'ShutError';
    readonly code = 'HOLDFAST_SHED';
  }
  expect(new ShutError('shut', 'door', 250)).toMatchObject({ message: 'shut', policy: 'door', retryAfterMs: 250 });
  expect(new ShutError('shut', 'door').retryAfterMs).toBeUndefined();
});

test('a deadline says how long it was, or what it is told to say', () => {
  expect(new DeadlineError('p', 50)).toMatchObject({
    message: 'p: the deadline of 50 ms has passed',
    timeoutMs: 50,
    policy: 'p',
  });
  expect(new DeadlineError('p', 50, 'too late').message).toBe('too late');
});

describe('a value in a message', () => {
  test('is shown whole as long as it fits, and cut where it does not', () => {
    const longest = 'x'.repeat(78); // and its quotes
    expect(shown(longest)).toBe(JSON.stringify(longest));
    expect(shown(`${longest}x`)).toBe(`"${'x'.repeat(76)}...`);
  });

  test.each<[shown: string, value: unknown]>([
    ['null', null],
    ['"5"', '5'],
    ['5n', 5n],
    ['Symbol(a)', Symbol('a')],
    ['function named', function named() {}],
    ['{"a":[1,{"b":"two"}],"c":{"b":"two"}}', { a: [1, { b: 'two' }], c: { b: 'two' } }],
    ['{"none":null,"yes":true,"no":"NaN","f":"function f"}', { none: null, yes: true, no: Number.NaN, f: function f() {} }],
    ['an object of type Map', new Map()],
  ])('is %s', (words, value) => {
    expect(shown(value)).toBe(words);
  });

  test('may hold the same object in two places, and itself', () => {
    const same = { n: 1 };
    expect(shown([same, same, { same }])).toBe('[{"n":1},{"n":1},{"same":{"n":1}}]');
    const cyclic: { self?: unknown; list: unknown[] } = { list: [] };
    cyclic.self = cyclic;
    cyclic.list.push(cyclic.list, same);
    expect(shown(cyclic)).toBe('{"list":["(cyclic)",{"n":1}],"self":"(cyclic)"}');
  });
});
