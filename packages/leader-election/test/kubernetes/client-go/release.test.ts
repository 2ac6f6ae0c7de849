import { expect, test } from 'vitest';
import { gate, until } from '../environment.ts';
import { heldByOther, leads, name, namespace, scene } from './scene.ts';
import type { Scene } from './scene.ts';

function expectFree(it: Scene): void {
  expect(it.spec['holderIdentity'] ?? '').toBe('');
  expect(it.election.leader()).toBeUndefined();
}

test('[12] empties the holder, keeps the rest, and tells that nobody leads', async () => {
  await using it = await scene();
  const told = it.listen();
  it.put({ ...heldByOther, holderIdentity: '' });
  it.start();
  await until(() => it.election.isLeader);
  await it.election.stop();
  expect(it.calls).toEqual(['get', 'update', 'update']);
  expectFree(it);
  expect(it.spec).toMatchObject({ leaseTransitions: 1, leaseDurationSeconds: 15 });
  expect(told.leaders).toEqual(['', 'me', '']);
});

test('[13] releases on the fresh revision, for which it reads when it does not know it', async () => {
  await using it = await scene();
  it.cluster.api.fault({ on: 'WATCH', instead: 'drop' });
  it.start();
  await until(() => it.election.isLeader);
  it.annotate();
  const { resourceVersion } = it.cluster.api.storage.get(namespace, name)!.metadata;
  await it.election.stop();
  expect(it.calls).toEqual(['get', 'create', 'update', 'get', 'update']);
  const { metadata } = JSON.parse(it.cluster.api.seen.at(-1)!.body) as { metadata: Record<string, unknown> };
  expect(metadata['resourceVersion']).toBe(resourceVersion);
  expectFree(it);
});

test('[14] releases again after a renewal of its own, thought lost, has come between', async () => {
  await using it = await leads();
  const [late, last] = [gate(), gate()];
  it.cluster.api.fault({ on: 'PUT', before: late.opened });
  it.cluster.api.fault({ on: 'PUT', before: last.opened });
  await it.clock.advance(2_000);
  await until(() => it.calls.at(-1) === 'update');
  const before = it.cluster.api.storage.revision;
  const stopped = it.election.stop();
  await it.clock.advance(3_000);
  await until(() => it.calls.length === 5);
  late.open();
  await until(() => it.cluster.api.storage.revision > before);
  last.open();
  await stopped;
  expect(it.calls).toEqual(['get', 'create', 'update', 'get', 'update', 'get', 'update']);
  expectFree(it);
});

test('[15] waits for a renewal that is under way', async () => {
  await using it = await scene();
  const told = it.listen();
  it.start();
  await until(() => it.election.isLeader);
  const answered = gate();
  it.cluster.api.fault({ on: 'PUT', after: answered.opened });
  await it.clock.advance(2_000);
  await until(() => it.calls.length === 3);
  const stopped = it.election.stop();
  expect(it.terms[0]!.signal.aborted).toBe(true);
  answered.open();
  await stopped;
  expect(it.calls).toEqual(['get', 'create', 'update', 'update']);
  expectFree(it);
  expect(told.types.filter((type) => type.startsWith('term.'))).toEqual(['term.started', 'term.ending', 'term.ended']);
});

test('[16] waits for a read that is under way', async () => {
  await using it = await scene();
  const told = it.listen();
  it.start();
  await until(() => it.election.isLeader);
  const answered = gate();
  it.cluster.api.fault({ on: 'PUT', reply: { status: 500, body: 'etcd was slow' } });
  it.cluster.api.fault({ on: 'GET', after: answered.opened });
  await it.clock.advance(2_000);
  await it.quiet();
  await it.clock.advance(2_000);
  await until(() => it.calls.at(-1) === 'get');
  const stopped = it.election.stop();
  answered.open();
  await stopped;
  expect(it.calls).toEqual(['get', 'create', 'update', 'get', 'update']);
  expectFree(it);
  expect(told.types.filter((type) => type.startsWith('term.'))).toEqual(['term.started', 'term.ending', 'term.ended']);
});
