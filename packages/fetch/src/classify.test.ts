import { VirtualClock } from '@holdfast/core/testing';
import type { CircuitOpenError } from '@holdfast/circuit-breaker';
import { subscribe } from '@holdfast/core';
import type { CallContext } from '@holdfast/core';
import { TimeoutError } from '@holdfast/deadline';
import { expect, test } from 'vitest';
import { classifier, kindOfError } from './classify.ts';

const call = {} as CallContext;
const returned = (status: number): { threw: false; value: Response; error: undefined } => ({
  threw: false,
  value: new Response(null, { status }),
  error: undefined,
});
const thrown = (error: unknown): { threw: true; value: undefined; error: unknown } => ({ threw: true, value: undefined, error });

test('an error is a failure of the server unless it is of the caller or a policy below', () => {
  expect(kindOfError(new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNRESET' }) }))).toBe(
    'failure',
  );
  expect(kindOfError('some text that a fetch of your own threw')).toBe('failure');
  expect(kindOfError(new TimeoutError('below', 10))).toBe('failure');
  expect(kindOfError(new TypeError('Invalid URL'))).toBe('ignored');
  expect(
    kindOfError(Object.assign(new Error(), { code: 'HOLDFAST_CIRCUIT_OPEN' } satisfies Pick<CircuitOpenError, 'code'>)),
  ).toBe('ignored');
});

test("the user's word goes first, and is asked about either ending", () => {
  const asked: unknown[] = [];
  const classify = classifier(new VirtualClock(), ({ response, error }) => {
    asked.push(response?.status ?? error);
    return response?.status === 404 ? 'failure' : error === 'odd' ? 'ignored' : undefined;
  });

  const kinds = [returned(404), returned(500), returned(200), thrown('odd'), thrown('other')].map((ending) =>
    classify(ending, call),
  );

  expect(kinds).toEqual(['failure', 'failure', 'success', 'ignored', 'failure']);
  expect(asked).toEqual([404, 500, 200, 'odd', 'other']);
});

test.each([
  [
    'throws',
    (): never => {
      throw new RangeError('odd');
    },
    'odd',
  ],
  ['says nonsense', () => 'broken' as never, 'got broken'],
  ['is async', (): never => Promise.resolve('failure') as never, 'at once'],
])('where it %s, the default for statuses holds and the fault is reported', (_what, ask, says) => {
  const faults: unknown[] = [];
  const unsubscribe = subscribe((event) => event.type === 'policy.faulted' && faults.push(event));

  const kinds = [returned(503), returned(404)].map((ending) => classifier(new VirtualClock(), ask)(ending, call));
  unsubscribe();

  expect(kinds).toEqual(['failure', 'success']);
  expect(faults).toHaveLength(2);
  expect(faults[0]).toMatchObject({ policy: 'classify', error: { message: expect.stringContaining(says) } });
});
