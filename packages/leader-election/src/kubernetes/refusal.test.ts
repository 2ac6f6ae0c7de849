import { expect, test } from 'vitest';
import { readAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import { refusal } from './refusal.ts';

const asked = { what: 'update lease prod/billing', namespace: 'prod', isWrite: true };

function answer(status: number, body: string | object, headers: Record<string, string> = {}): Promise<Answer> {
  const type = typeof body === 'string' ? 'text/plain' : 'application/json';
  const text = typeof body === 'string' ? body : JSON.stringify({ kind: 'Status', message: 'because', ...body });
  return readAnswer(new Response(text, { status, headers: { 'content-type': type, ...headers } }));
}

test.each([
  { status: 401, body: { reason: 'Unauthorized' }, fault: 'unauthorized', mayBeWritten: false },
  { status: 403, body: { reason: 'Forbidden' }, fault: 'forbidden', mayBeWritten: false },
  { status: 400, body: { reason: 'BadRequest' }, fault: 'invalid', mayBeWritten: false },
  { status: 404, body: { reason: 'NotFound', details: { kind: 'namespaces' } }, fault: 'invalid', mayBeWritten: false },
  { status: 404, body: '404 page not found', fault: 'invalid', mayBeWritten: false },
  { status: 408, body: 'too slow', fault: 'unreachable', mayBeWritten: true },
  { status: 409, body: 'a proxy', fault: 'unreachable', mayBeWritten: false },
  { status: 413, body: { reason: 'RequestEntityTooLarge' }, fault: 'invalid', mayBeWritten: false },
  { status: 422, body: { reason: 'Invalid' }, fault: 'invalid', mayBeWritten: false },
  { status: 422, body: 'a proxy', fault: 'unreachable', mayBeWritten: false },
  { status: 429, body: { reason: 'TooManyRequests' }, fault: 'throttled', mayBeWritten: false },
  { status: 500, body: { message: 'strconv.ParseUint' }, fault: 'unreachable', mayBeWritten: true },
  { status: 502, body: '<html>', fault: 'unreachable', mayBeWritten: true },
  { status: 503, body: { reason: 'ServiceUnavailable' }, fault: 'unreachable', mayBeWritten: true },
  { status: 504, body: { reason: 'Timeout' }, fault: 'unreachable', mayBeWritten: true },
  { status: 302, body: 'to the login', fault: 'unreachable', mayBeWritten: false },
  { status: 200, body: '<html>welcome', fault: 'unreachable', mayBeWritten: true },
])('takes $status $body as $fault', async ({ status, body, fault, mayBeWritten }) => {
  const error = refusal(asked, await answer(status, body));

  expect(error).toMatchObject({ name: 'LeaseStoreError', fault, mayBeWritten });
  expect(refusal({ ...asked, isWrite: false }, await answer(status, body)).mayBeWritten).toBe(false);
});

test('says for how long to wait, as the header or the body has it', async () => {
  const waits = async (body: string | object, headers?: Record<string, string>): Promise<number | undefined> =>
    refusal(asked, await answer(429, body, headers)).retryAfterMs;

  expect(await waits('later', { 'retry-after': '7' })).toBe(7_000);
  expect(await waits({ details: { retryAfterSeconds: 3 } })).toBe(3_000);
  expect(await waits({ details: { retryAfterSeconds: 3 } }, { 'retry-after': '7' })).toBe(7_000);
  expect(await waits('later', { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' })).toBeUndefined();
  expect(await waits('later')).toBeUndefined();
});

test('says what was tried, what was answered, and what to do', async () => {
  const { message } = refusal(asked, await answer(403, { reason: 'Forbidden', message: 'User "x" cannot update' }));

  expect(message).toContain('update lease prod/billing');
  expect(message).toContain('403 Forbidden: User "x" cannot update');
  expect(message).toContain('namespace prod');
  expect(refusal(asked, await answer(404, { details: { kind: 'namespaces' } })).message).toContain('create the namespace');
  expect(refusal(asked, await answer(200, '<html>')).message).toContain('no answer of a Kubernetes API server');
});

test('reads no answer that is longer than any can be', async () => {
  let sent = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      sent += 1;
      yield new Uint8Array(64 * 1024);
    }
  }

  await expect(readAnswer({ status: 200, headers: new Headers(), body: endless() })).rejects.toThrow(RangeError);
  expect(sent).toBeLessThan(60);
});
