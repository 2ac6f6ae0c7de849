import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LeaseRecord } from '../lease.ts';
import type { LeaseObject, LeaseSpec } from './lease-object.ts';
import { leaseOf, secondsOf } from './lease-reading.ts';
import { objectFor } from './lease-writing.ts';

const place = { namespace: 'prod', name: 'billing' };
const record: LeaseRecord = {
  holder: 'pod-a',
  termId: 'elector-1.7',
  renewal: 3,
  durationMs: 2_500,
  transitions: 4,
  acquiredAtMs: Date.UTC(2026, 4, 1, 10),
  renewedAtMs: Date.UTC(2026, 4, 1, 10, 0, 5, 678),
  rank: 2,
  handOffTo: 'pod-b',
};

/** As the server would have it after the write. */
function stored(object: LeaseObject, uid = 'uid-1', resourceVersion = '41'): LeaseObject {
  return { ...object, metadata: { ...object.metadata, uid, resourceVersion } };
}

const created = stored(objectFor(place, undefined, record, {}));
const renewed = stored(
  objectFor(place, created, { ...record, renewal: 4, renewedAtMs: record.renewedAtMs + 2_000 }, {}),
  'uid-1',
  '42',
);

function withSpec(object: LeaseObject, spec: Partial<LeaseSpec>): LeaseObject {
  return { ...object, spec: { ...object.spec, ...spec } };
}

describe('what was written by us', () => {
  test('is read as it was', () => {
    const lease = leaseOf(created, false);

    expect(lease).toEqual({ ...record, revision: 41n, foreign: created });
  });

  test('is shown to other programs in the fields they know', () => {
    expect(created.spec).toEqual({
      holderIdentity: 'pod-a',
      leaseDurationSeconds: 3,
      acquireTime: '2026-05-01T10:00:00.000000Z',
      renewTime: '2026-05-01T10:00:05.678000Z',
      leaseTransitions: 4,
    });
  });

  test('is read whatever the record', () => {
    const name = fc.string({ unit: 'grapheme' });
    const wallMs = fc.integer({ min: 0, max: Date.UTC(2200, 0) });
    const records = fc.record({
      holder: name,
      termId: name,
      renewal: fc.nat(),
      durationMs: fc.integer({ min: 1, max: 1e9 }),
      transitions: fc.nat(),
      acquiredAtMs: wallMs,
      renewedAtMs: wallMs,
      rank: fc.nat(),
      handOffTo: name,
    });
    fc.assert(
      fc.property(records, records, (first, second) => {
        const object = stored(objectFor(place, undefined, first, {}));
        expect(leaseOf(object, false)).toMatchObject(first);
        const next = stored(objectFor(place, object, second, {}), 'uid-1', '42');
        expect(leaseOf(next, false)).toMatchObject(second);
      }),
    );
  });

  test('is still ours when somebody has labelled or annotated it', () => {
    const { metadata } = renewed;
    const labelled = {
      ...renewed,
      metadata: { ...metadata, labels: { team: 'x' }, annotations: { ...metadata.annotations, note: 'y' } },
    };

    expect(leaseOf(labelled, false)).toMatchObject({ termId: 'elector-1.7', renewal: 4 });
  });

  test('goes by the seconds when somebody has changed those by hand', () => {
    expect(leaseOf(withSpec(renewed, { leaseDurationSeconds: 60 }), false)).toMatchObject({
      termId: 'elector-1.7',
      durationMs: 60_000,
    });
  });

  test('has no annotations left of what a release has none of', () => {
    const released = objectFor(place, renewed, { ...record, holder: '', termId: '', handOffTo: '' }, {});

    expect(Object.keys(released.metadata.annotations ?? {})).not.toContain('holdfast.dev/term');
    expect(Object.keys(released.metadata.annotations ?? {})).not.toContain('holdfast.dev/hand-off-to');
    expect(leaseOf(stored(released), false)).toMatchObject({ holder: '', termId: '' });
  });
});

describe('what was written by others', () => {
  const foreign: LeaseObject = {
    metadata: { name: 'billing', uid: 'uid-1', resourceVersion: '7' },
    spec: {
      holderIdentity: 'controller_0',
      leaseDurationSeconds: 15,
      acquireTime: '2026-05-01T10:00:00.123456Z',
      renewTime: '2026-05-01T10:00:02.123456Z',
      leaseTransitions: 3,
    },
  };

  test('is held by its holder, in a term that is none of ours and stays the same while it renews', () => {
    const lease = leaseOf(foreign, false);
    const later = leaseOf(withSpec(foreign, { renewTime: '2026-05-01T10:00:04.123456Z' }), false);

    expect(lease).toMatchObject({
      holder: 'controller_0',
      durationMs: 15_000,
      transitions: 3,
      rank: 0,
      handOffTo: '',
      renewal: 0,
    });
    expect(lease.termId).toMatch(/^foreign:/);
    expect(later.termId).toBe(lease.termId);
  });

  test('is another term for another holder, and for the same that took it again', () => {
    const terms = [
      foreign,
      withSpec(foreign, { holderIdentity: 'controller_1', leaseTransitions: 4 }),
      withSpec(foreign, { acquireTime: '2026-05-01T11:00:00.000000Z' }),
    ].map((object) => leaseOf(object, false).termId);

    expect(new Set(terms).size).toBe(3);
  });

  test('is not taken for ours because our annotations are still on it (client-go keeps them)', () => {
    const taken = withSpec(renewed, {
      holderIdentity: 'controller_0',
      leaseTransitions: 5,
      renewTime: '2026-05-01T10:01:00.000000Z',
      acquireTime: '2026-05-01T10:01:00.000000Z',
    });

    const lease = leaseOf(taken, false);

    expect(lease).toMatchObject({ holder: 'controller_0', renewal: 0, rank: 0, handOffTo: '' });
    expect(lease.termId).toMatch(/^foreign:/);
  });

  test('is not taken for ours if another program renewed it under our name', () => {
    expect(leaseOf(withSpec(renewed, { renewTime: '2026-05-01T10:01:00.000000Z' }), false).termId).toMatch(/^foreign:pod-a/);
  });

  test('is free if another program released what was ours', () => {
    expect(leaseOf(withSpec(renewed, { holderIdentity: '' }), false)).toMatchObject({ holder: '', termId: '', handOffTo: '' });
    expect(leaseOf(withSpec(renewed, { holderIdentity: null }), false)).toMatchObject({ holder: '', termId: '' });
  });

  test('is not taken for ours when it is another Lease with our annotations: restored, or made anew by a PUT', () => {
    expect(leaseOf(stored(renewed, 'uid-2', '99'), false).termId).toMatch(/^foreign:/);
  });

  test.each(['renewal', 'rank', 'duration-ms'])('is not ours if somebody has put nonsense into our annotation %s', (name) => {
    const annotations = { ...renewed.metadata.annotations, [`holdfast.dev/${name}`]: 'nonsense' };

    expect(leaseOf({ ...renewed, metadata: { ...renewed.metadata, annotations } }, false).termId).toMatch(/^foreign:/);
  });

  test.each<LeaseSpec | null | undefined>([
    undefined,
    null,
    {},
    { holderIdentity: null, renewTime: null, leaseDurationSeconds: null },
  ])('is free with the spec %o', (spec) => {
    const { metadata } = foreign;

    expect(leaseOf(spec === undefined ? { metadata } : { metadata, spec }, false)).toMatchObject({
      holder: '',
      termId: '',
      renewedAtMs: 0,
    });
  });

  test('is waited for as usual if it does not say for how long it is held', () => {
    expect(leaseOf(withSpec(foreign, { leaseDurationSeconds: null }), false).durationMs).toBe(15_000);
  });

  test('is nobody\u2019s to take if the cluster assigns it', () => {
    expect(leaseOf(withSpec(foreign, { strategy: 'OldestEmulationVersion' }), false).reservedBecause).toContain(
      'OldestEmulationVersion',
    );
    expect(leaseOf(foreign, false)).not.toHaveProperty('reservedBecause');
  });

  test('stays on the object when we write it', () => {
    const object = {
      ...withSpec(foreign, { strategy: 'x', preferredHolder: 'y' }),
      metadata: {
        ...foreign.metadata,
        labels: { a: '1', b: '2' },
        annotations: { note: 'z' },
        ownerReferences: [{ kind: 'Deployment' }],
      },
      status: { unheardOf: true },
    };

    const next = objectFor(place, object, record, { b: 'ours', c: '3' });

    expect(next).toMatchObject({
      metadata: {
        uid: 'uid-1',
        resourceVersion: '7',
        labels: { a: '1', b: 'ours', c: '3' },
        annotations: { note: 'z' },
        ownerReferences: [{ kind: 'Deployment' }],
      },
      spec: { strategy: 'x', preferredHolder: 'y', holderIdentity: 'pod-a' },
      status: { unheardOf: true },
    });
  });
});

describe('what cannot be read', () => {
  test.each([undefined, '', '0', '-1', '1.5', '007', 'abc', 12])('is a Lease of the resourceVersion %o', (resourceVersion) => {
    const object = { ...created, metadata: { ...created.metadata, resourceVersion } };

    expect(() => leaseOf(object, true)).toThrow(expect.objectContaining({ fault: 'invalid', mayBeWritten: true }));
    expect(() => leaseOf(object, false)).toThrow(expect.objectContaining({ fault: 'invalid', mayBeWritten: false }));
  });

  test.each<readonly [string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a list', []],
    ['a text', 'ok'],
    ['no metadata', {}],
    ['a Pod', { ...created, kind: 'Pod' }],
    ['a spec that is a text', { ...created, spec: 'x' }],
    ['a holder that is a number', { ...created, spec: { holderIdentity: 5 } }],
    ['a duration that is a text', { ...created, spec: { leaseDurationSeconds: '15' } }],
    ['an annotation that is a number', { ...created, metadata: { ...created.metadata, annotations: { a: 1 } } }],
  ])('is %s', (_, object) => {
    expect(() => leaseOf(object, false)).toThrow(expect.objectContaining({ name: 'LeaseStoreError', fault: 'invalid' }));
  });

  test('is not: a revision beyond what a number holds', () => {
    expect(leaseOf(stored(created, 'uid-1', '9007199254740993'), false).revision).toBe(9_007_199_254_740_993n);
  });
});

test('rounds durations up to whole seconds, at least one', () => {
  expect([1, 999, 1_000, 1_001, 15_000].map(secondsOf)).toEqual([1, 1, 1, 2, 15]);
});
