import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { ask } from './raw-client.ts';
import type { RawAnswer, RawRequest, Target } from './raw-client.ts';

/** What a real API server answered, word for word. */
const recorded = JSON.parse(readFileSync(new URL('recorded-answers.json', import.meta.url), 'utf8')) as {
  readonly cases: Readonly<Record<string, RecordedCase>>;
  readonly times: readonly RecordedTime[];
};

interface RecordedCase {
  readonly title: string;
  readonly status: number;
  readonly contentType: string;
  readonly body?: unknown;
  /** Of a watch. */
  readonly lines?: readonly unknown[];
}

interface RecordedTime {
  readonly sent: unknown;
  readonly status: number;
  readonly stored?: string | null;
  readonly message?: string;
}

export interface RecordedTarget extends Target {
  /** Has the server forget its history; without it, what needs that is skipped. */
  compact?(): void;
}

const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
const lease = (metadata: object, spec: object = { holderIdentity: 'a' }): object => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata,
  spec,
});
const at = (fraction: string): string => `2026-05-01T10:00:00.${fraction}Z`;
const full = {
  holderIdentity: 'a',
  leaseDurationSeconds: 15,
  acquireTime: at('123456'),
  renewTime: at('123456'),
  leaseTransitions: 0,
};

/**
 * Asks a server all that was recorded, and compares: status, type, body, all but what differs from run to run. Of what it could not
 * decode the message only has to begin alike: the rest quotes the decoder's insides.
 */
export function recordedAnswers(open: () => RecordedTarget): void {
  const api = (request: RawRequest): Promise<RawAnswer> => ask(open(), request);
  const meta = async (name = 'demo'): Promise<{ uid: string; resourceVersion: string }> => {
    const { text } = await api({ path: `${leases}/${name}` });
    return (JSON.parse(text) as { metadata: { uid: string; resourceVersion: string } }).metadata;
  };
  const fresh = async (
    name = 'demo',
    spec: object = { holderIdentity: 'a' },
  ): Promise<{ uid: string; resourceVersion: string }> => {
    await api({ method: 'DELETE', path: `${leases}/${name}` });
    await api({ method: 'POST', path: leases, body: lease({ name }, spec) });
    return meta(name);
  };
  const remove = (name: string): Promise<RawAnswer> => api({ method: 'DELETE', path: `${leases}/${name}` });
  const assertRecorded = (number: number, answer: RawAnswer): void => {
    const { status, contentType, body } = recorded.cases[number]!;
    const text = typeof body === 'string' ? answer.text.trimEnd() : (JSON.parse(answer.text) as unknown);
    expect({ status: answer.status, contentType: answer.contentType, body: plain(text) }).toEqual({
      status,
      contentType,
      body: plain(body),
    });
  };

  afterAll(async () => {
    for (const name of ['demo', 'gone']) await remove(name);
  });

  describe('create, read, update, delete', () => {
    test('1: create, and get the same', async () => {
      await remove('demo');
      const body = lease({ name: 'demo', namespace: 'default' }, full);
      const created = await api({ method: 'POST', path: leases, body });
      assertRecorded(1, created);
      const got = await api({ path: `${leases}/demo` });
      expect({ ...got, status: 201 }).toEqual(created);
    });

    test('2: update, and once more without a change', async () => {
      const { uid, resourceVersion } = await fresh('demo', full);
      const spec = { ...full, renewTime: '2026-05-01T10:00:05.654321Z' };
      const updated = await api({
        method: 'PUT',
        path: `${leases}/demo`,
        body: lease({ name: 'demo', uid, resourceVersion }, spec),
      });
      assertRecorded(2, updated);
      const now = await meta();
      expect(now.resourceVersion).not.toBe(resourceVersion);
      const same = lease({ name: 'demo', uid, resourceVersion: now.resourceVersion }, spec);
      expect(await api({ method: 'PUT', path: `${leases}/demo`, body: same })).toEqual(updated);
    });

    test('3: merge patch', async () => {
      const { resourceVersion } = await fresh('demo', { ...full, renewTime: '2026-05-01T10:00:05.654321Z' });
      const body = { metadata: { resourceVersion }, spec: { holderIdentity: 'b', leaseTransitions: 1 } };
      assertRecorded(
        3,
        await api({ method: 'PATCH', path: `${leases}/demo`, body, contentType: 'application/merge-patch+json' }),
      );
    });

    test('4: list', async () => {
      await fresh();
      const answer = await api({ path: leases });
      const list = JSON.parse(answer.text) as { items: { metadata: { name: string } }[] };
      const items = list.items.filter(({ metadata }) => metadata.name === 'demo'); // a namespace may have others
      assertRecorded(4, { ...answer, text: JSON.stringify({ ...list, items }) });
    });

    test('5: delete', async () => {
      await fresh();
      assertRecorded(5, await remove('demo'));
    });
  });

  describe('conflicts', () => {
    test('6: update with a stale resourceVersion', async () => {
      const { resourceVersion } = await fresh();
      const put = (metadata: object, holderIdentity: string): Promise<RawAnswer> =>
        api({ method: 'PUT', path: `${leases}/demo`, body: lease({ name: 'demo', ...metadata }, { holderIdentity }) });
      await put({ resourceVersion }, 'b');
      assertRecorded(6, await put({ resourceVersion }, 'c'));
      const body = { metadata: { resourceVersion }, spec: { holderIdentity: 'c' } };
      assertRecorded(
        6,
        await api({ method: 'PATCH', path: `${leases}/demo`, body, contentType: 'application/merge-patch+json' }),
      );
    });

    test('7: create of one that exists', async () => {
      await fresh();
      assertRecorded(7, await api({ method: 'POST', path: leases, body: lease({ name: 'demo' }) }));
    });

    test('8: update with another uid', async () => {
      const { resourceVersion } = await fresh();
      const metadata = { name: 'demo', resourceVersion, uid: '11111111-2222-3333-4444-555555555555' };
      assertRecorded(8, await api({ method: 'PUT', path: `${leases}/demo`, body: lease(metadata, { holderIdentity: 'c' }) }));
    });

    test('9: delete with a stale resourceVersion', async () => {
      const { uid, resourceVersion } = await fresh();
      const preconditions = { uid, resourceVersion: String(BigInt(resourceVersion) - 1n) };
      assertRecorded(
        9,
        await api({ method: 'DELETE', path: `${leases}/demo`, body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions } }),
      );
    });

    test('10: update of one that is gone, without its uid', async () => {
      const { resourceVersion } = await fresh('gone');
      await remove('gone');
      assertRecorded(10, await api({ method: 'PUT', path: `${leases}/gone`, body: lease({ name: 'gone', resourceVersion }) }));
    });

    test('11: update of one that is gone, with its uid', async () => {
      const { uid, resourceVersion } = await fresh('gone');
      await remove('gone');
      assertRecorded(
        11,
        await api({ method: 'PUT', path: `${leases}/gone`, body: lease({ name: 'gone', resourceVersion, uid }) }),
      );
    });
  });

  describe('not found', () => {
    test('12: no such Lease', async () => {
      assertRecorded(12, await api({ path: `${leases}/nope` }));
      assertRecorded(12, await remove('nope'));
    });

    test('13: create in a namespace that does not exist', async () => {
      const path = leases.replace('default', 'nowhere');
      assertRecorded(13, await api({ method: 'POST', path, body: lease({ name: 'demo' }) }));
    });

    test('14: a group that is not served', async () => {
      assertRecorded(14, await api({ path: leases.replace('coordination', 'nope') }));
    });
  });

  describe('who', () => {
    test('15 to 19: nobody may do anything', async () => {
      await fresh();
      assertRecorded(15, await api({ path: `${leases}/demo`, as: 'stranger' }));
      assertRecorded(16, await api({ path: `${leases}/demo`, as: 'nobody' }));
      assertRecorded(17, await api({ method: 'POST', path: leases, as: 'nobody', body: lease({ name: 'demo2' }) }));
      assertRecorded(18, await api({ path: `${leases}?watch=true&fieldSelector=metadata.name%3Ddemo`, as: 'nobody' }));
      assertRecorded(19, await api({ path: `${leases}/demo`, as: 'none' }));
    });

    test('20: a service account whose Role has get, create, update', async ({ skip }) => {
      skip(open().tokens.elector === undefined, 'there is no such account');
      await fresh();
      assertRecorded(20, await api({ method: 'DELETE', path: `${leases}/demo`, as: 'elector' }));
      expect((await api({ path: `${leases}/demo`, as: 'elector' })).status).toBe(200);
    });
  });

  describe('refused requests', () => {
    test('21: update without a resourceVersion', async () => {
      await fresh();
      assertRecorded(21, await api({ method: 'PUT', path: `${leases}/demo`, body: lease({ name: 'demo' }) }));
    });

    test('22: values out of range', async () => {
      assertRecorded(
        22,
        await api({
          method: 'POST',
          path: leases,
          body: lease({ name: 'bad' }, { leaseDurationSeconds: 0, leaseTransitions: -1 }),
        }),
      );
    });

    test('23: text/plain', async () => {
      assertRecorded(
        23,
        await api({ method: 'POST', path: leases, body: lease({ name: 'bad' }), contentType: 'text/plain;charset=UTF-8' }),
      );
    });

    test('24: names in path and body differ', async () => {
      const { resourceVersion } = await fresh();
      assertRecorded(24, await api({ method: 'PUT', path: `${leases}/demo`, body: lease({ name: 'other', resourceVersion }) }));
    });

    test('25, 26: three digits of fraction', async () => {
      const { resourceVersion } = await fresh();
      const spec = { renewTime: at('123') };
      assertRecorded(
        25,
        await api({ method: 'PUT', path: `${leases}/demo`, body: lease({ name: 'demo', resourceVersion }, spec) }),
      );
      const patch = await api({
        method: 'PATCH',
        path: `${leases}/demo`,
        body: { spec },
        contentType: 'application/strategic-merge-patch+json',
      });
      expect(patch.status).toBe(422);
      expect(shapeOf(JSON.parse(patch.text))).toEqual(shapeOf(recorded.cases[26]!.body));
    });

    test.each<readonly [string, RawRequest, number, string | undefined, string]>([
      [
        'half a second',
        post({ name: 'bad' }, { leaseDurationSeconds: 1.5 }),
        400,
        'BadRequest',
        'Lease in version "v1" cannot be',
      ],
      [
        'seconds as text',
        post({ name: 'bad' }, { leaseDurationSeconds: '15' }),
        400,
        'BadRequest',
        'Lease in version "v1" cannot be',
      ],
      [
        'no name',
        post({ name: 'Bad_Name' }),
        422,
        'Invalid',
        'Lease.coordination.k8s.io "Bad_Name" is invalid: metadata.name: Invalid',
      ],
      ['create with a version', post({ name: 'bad', resourceVersion: '5' }), 500, undefined, 'resourceVersion should not be set'],
      ['another namespace', post({ name: 'bad', namespace: 'other' }), 400, 'BadRequest', 'the namespace of the provided object'],
      ['cut short', { ...post({}), body: '{"kind":"Lease"' }, 400, 'BadRequest', 'the object provided is unrecognized'],
      ['a Pod', { ...post({}), body: { apiVersion: 'v1', kind: 'Pod', metadata: {} } }, 400, 'BadRequest', 'Pod in version "v1"'],
      [
        'watch from nowhere',
        { path: `${leases}?watch=1&resourceVersion=abc` },
        500,
        undefined,
        'resourceVersion: Invalid value: "abc"',
      ],
    ])('others: %s', async (_, request, status, reason, message) => {
      const answer = await api(request);
      const body = JSON.parse(answer.text) as { reason?: string; message: string };
      expect({ status: answer.status, reason: body.reason }).toEqual({ status, reason });
      expect(body.message.startsWith(message)).toBe(true);
    });

    test('others: update with a version that is no number', async () => {
      await fresh();
      const body = lease({ name: 'demo', resourceVersion: 'abc' });
      const answer = await api({ method: 'PUT', path: `${leases}/demo`, body });
      expect(answer.status).toBe(500);
      expect(JSON.parse(answer.text)).toMatchObject({ message: 'strconv.ParseUint: parsing "abc": invalid syntax', code: 500 });
    });

    test('others: what is taken', async () => {
      const bare = { metadata: { name: 'other' }, spec: { unheardOf: 1 } };
      expect(
        (await api({ method: 'POST', path: leases, body: bare, contentType: 'application/json; charset=utf-8' })).status,
      ).toBe(201);
      expect(JSON.parse((await api({ path: `${leases}/other` })).text)).not.toHaveProperty('spec.unheardOf');
      await remove('other');
    });
  });

  test.each(recorded.times)('MicroTime $sent: $status', async ({ sent, status, stored, message }) => {
    const answer = await api({ ...post({ name: 'time' }, { renewTime: sent }), path: `${leases}?dryRun=All` });
    const body = JSON.parse(answer.text) as { spec?: { renewTime?: string }; message?: string };
    expect(answer.status).toBe(status);
    expect(body.spec?.renewTime ?? null).toBe(stored ?? null);
    expect(body.message ?? '').toContain(message ?? '');
  });

  describe('watch', () => {
    const linesOf = ({ text }: RawAnswer): unknown[] =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => plain(JSON.parse(line)));

    test('27: from a resourceVersion, with bookmarks, to its end', async () => {
      await remove('demo');
      const list = JSON.parse((await api({ path: leases })).text) as { metadata: { resourceVersion: string } };
      const from = list.metadata.resourceVersion;
      const path = `${leases}?watch=true&fieldSelector=metadata.name%3Ddemo&allowWatchBookmarks=true&timeoutSeconds=6&resourceVersion=${from}`;
      const watching = api({ path });
      await api(post({ name: 'demo' }));
      await api({ ...post({ name: 'other' }) });
      const { uid, resourceVersion } = await meta();
      await api({
        method: 'PUT',
        path: `${leases}/demo`,
        body: lease({ name: 'demo', uid, resourceVersion }, { holderIdentity: 'b' }),
      });
      await remove('demo');
      await remove('other');
      const answer = await watching;
      expect(answer).toMatchObject({ status: 200, contentType: 'application/json' });
      const lines = linesOf(answer);
      const expected = recorded.cases[27]!.lines!.map(plain);
      expect(lines.slice(0, 3)).toEqual(expected.slice(0, 3));
      expect(lines.slice(3)).not.toEqual([]); // one bookmark, or two
      for (const line of lines.slice(3)) expect(line).toEqual(expected[3]);
    });

    test('28: without a resourceVersion', async () => {
      await fresh();
      const answer = await api({ path: `${leases}?watch=true&fieldSelector=metadata.name%3Ddemo&timeoutSeconds=1` });
      expect(linesOf(answer)).toEqual(recorded.cases[28]!.lines!.map(plain));
    });

    test('28: from 0, in the same way', async () => {
      await fresh();
      const answer = await api({
        path: `${leases}?watch=true&fieldSelector=metadata.name%3Ddemo&timeoutSeconds=1&resourceVersion=0`,
      });
      expect(linesOf(answer)).toEqual(recorded.cases[28]!.lines!.map(plain));
    });

    test('29: from a resourceVersion that is too old', async ({ skip }) => {
      skip(open().compact === undefined, 'its history cannot be had away');
      await fresh();
      open().compact?.();
      const answer = await api({
        path: `${leases}?watch=true&fieldSelector=metadata.name%3Ddemo&resourceVersion=1&timeoutSeconds=3`,
      });
      expect(answer.status).toBe(200);
      expect(linesOf(answer)).toEqual(recorded.cases[29]!.lines!.map(plain));
    });
  });
}

/** How the recorded server answers while its etcd does not. */
export const timedOut = { status: recorded.cases[30]!.status, body: recorded.cases[30]!.body };

function post(metadata: object, spec?: object): RawRequest {
  return { method: 'POST', path: leases, body: lease(metadata, spec) };
}

/** Without what differs from run to run, and the order of fields. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, inside]) => [key, VARYING.has(key) ? varying(inside) : plain(inside)]),
    );
  }
  return typeof value === 'string' ? withoutNumbers(value) : value;
}

const VARYING: ReadonlySet<string> = new Set(['uid', 'resourceVersion', 'creationTimestamp', 'time']);
const varying = (value: unknown): unknown => (value === null ? null : typeof value);

function withoutNumbers(text: string): string {
  return text
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '(uid)')
    .replace(/\(\d+\)|version: \d+/g, '(n)')
    .replace(/, error found in #\d+ byte of .*$/, '');
}

function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inside]) => [key, key === 'reason' ? inside : shapeOf(inside)]));
}
