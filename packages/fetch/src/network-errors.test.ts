import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isOfTheCaller, reachOf } from './network-errors.ts';

const coded = (code: string, more: object = {}): Error => Object.assign(new Error(code), { code, ...more });
const failed = (cause: unknown): TypeError => new TypeError('fetch failed', { cause });

test.each([
  ['ECONNREFUSED', 'unsent'],
  ['ENOTFOUND', 'unsent'],
  ['EAI_AGAIN', 'unsent'],
  ['ENETUNREACH', 'unsent'],
  ['EHOSTUNREACH', 'unsent'],
  ['ENETDOWN', 'unsent'],
  ['EHOSTDOWN', 'unsent'],
  ['UND_ERR_CONNECT_TIMEOUT', 'unsent'],
  ['UND_ERR_PRX_CONN', 'unsent'],
  ['ECONNRESET', 'unclear'],
  ['EPIPE', 'unclear'],
  ['ETIMEDOUT', 'unclear'],
  ['ECONNABORTED', 'unclear'],
  ['UND_ERR_SOCKET', 'unclear'],
  ['UND_ERR_HEADERS_TIMEOUT', 'unclear'],
  ['UND_ERR_BODY_TIMEOUT', 'unclear'],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'unclear'],
  ['HPE_INVALID_CONSTANT', 'unclear'],
  ['ERR_HTTP2_STREAM_ERROR', 'unclear'],
  ['UND_ERR_ABORTED', 'final'],
  ['UND_ERR_INVALID_ARG', 'final'],
  ['UND_ERR_DESTROYED', 'final'],
  ['UND_ERR_REQ_CONTENT_LENGTH_MISMATCH', 'final'],
  ['UND_ERR_PRX_TLS', 'final'],
  ['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'final'],
  ['CERT_HAS_EXPIRED', 'final'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'final'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'final'],
])('%s is %s, bare and as the cause of a failed fetch', (code, reach) => {
  expect(reachOf(coded(code))).toBe(reach);
  expect(reachOf(failed(coded(code)))).toBe(reach);
});

test('what connecting raised never reached the server, whatever its code', () => {
  expect(reachOf(failed(coded('ETIMEDOUT', { syscall: 'connect' })))).toBe('unsent');
  expect(reachOf(failed(coded('ECONNRESET', { syscall: 'read' })))).toBe('unclear');
});

test('several addresses tried in vain are as bad as the worst of them, in any order', () => {
  const rank = ['unsent', 'unclear', 'final'] as const;
  const codes = { unsent: 'ECONNREFUSED', unclear: 'ECONNRESET', final: 'CERT_HAS_EXPIRED' };
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...rank), { minLength: 1 }), (reaches) => {
      const errors = reaches.map((reach) => coded(codes[reach]));
      const worst = rank[Math.max(...reaches.map((reach) => rank.indexOf(reach)))];
      expect(reachOf(failed(Object.assign(new AggregateError(errors), { code: 'ETIMEDOUT' })))).toBe(worst);
    }),
  );
});

test('what is no error we know is not repeated, and no shape of it breaks us', () => {
  const cyclic = new Error('round');
  cyclic.cause = cyclic;
  for (const odd of [
    cyclic,
    undefined,
    null,
    'text',
    7,
    {},
    new AggregateError([]),
    failed(null),
    failed(new Error('bad port')),
  ]) {
    expect(reachOf(odd)).toBe('final');
  }
  fc.assert(
    fc.property(fc.anything(), (thrown) => {
      expect(['unsent', 'unclear', 'final']).toContain(reachOf(thrown));
      expect(typeof isOfTheCaller(thrown)).toBe('boolean');
    }),
  );
});

test.each<[string, unknown, boolean]>([
  ['an argument that fetch refused', new TypeError('Failed to parse URL'), true],
  ['an abort', new DOMException('gone', 'AbortError'), true],
  ['a dispatcher that we closed', failed(coded('UND_ERR_DESTROYED')), true],
  ['a body shorter than was announced', failed(coded('UND_ERR_REQ_CONTENT_LENGTH_MISMATCH')), true],
  ['a refused connection', failed(coded('ECONNREFUSED')), false],
  ['an expired certificate', failed(coded('CERT_HAS_EXPIRED')), false],
  ['too many redirects', failed(new Error('redirect count exceeded')), false],
])('who is to blame for %s', (_what, error, ofTheCaller) => {
  expect(isOfTheCaller(error)).toBe(ofTheCaller);
});
