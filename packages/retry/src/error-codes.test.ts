import { Outcome } from '@holdfast/core';
import { expect, test } from 'vitest';
import { isTimeout, neverSent } from './error-codes.ts';

const failure = (facts: object, cause?: unknown): Error => Object.assign(new Error('failed', { cause }), facts);

test.each([
  [{ code: 'ECONNREFUSED' }, true],
  [{ code: 'ENOTFOUND', syscall: 'getaddrinfo' }, true],
  [{ code: 'EAI_AGAIN' }, true],
  [{ code: 'UND_ERR_CONNECT_TIMEOUT' }, true],
  [{ code: 'ETIMEDOUT', syscall: 'connect' }, true],
  [{ code: 'EHOSTUNREACH', syscall: 'connect' }, true],
  [{ code: 'ETIMEDOUT', syscall: 'read' }, false],
  [{ code: 'EHOSTUNREACH', syscall: 'write' }, false],
  [{ code: 'ECONNRESET' }, false],
  [{ code: 'EPIPE' }, false],
  [{}, false],
])('%j was never sent: %s', (facts, expected) => {
  expect(neverSent(Outcome.thrown(failure(facts)))).toBe(expected);
  expect(neverSent(Outcome.thrown(failure({}, failure(facts))))).toBe(expected);
});

test('what our own policies refused was never sent, a returned value always', () => {
  expect(neverSent(Outcome.thrown(new Error('open'), 'rejected'))).toBe(true);
  expect(neverSent(Outcome.returned({ code: 'ECONNREFUSED' }, 'failure'))).toBe(false);
});

test('knows a time-out by its name or code, also as a cause, and does not run after cyclic causes', () => {
  expect(isTimeout(new DOMException('late', 'TimeoutError'))).toBe(true);
  expect(isTimeout(failure({ code: 'HOLDFAST_TIMEOUT' }))).toBe(true);
  expect(isTimeout(failure({ code: 'ETIMEDOUT' }))).toBe(true);
  expect(isTimeout(failure({}, failure({ code: 'UND_ERR_HEADERS_TIMEOUT' })))).toBe(true);
  expect(isTimeout(failure({ code: 'ECONNRESET' }))).toBe(false);
  expect(isTimeout(undefined)).toBe(false);
  const cyclic: { cause?: unknown } = {};
  cyclic.cause = cyclic;
  expect(isTimeout(cyclic)).toBe(false);
});
