import { KeyedTable, pipeline } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { snapshotOfTable } from './snapshot.ts';

test('a snapshot counts all keys and shows the twenty used last, those in use after the others', async () => {
  const clock = new VirtualClock();
  const table = new KeyedTable(() => pipeline({ name: 'p', clock }), { max: 100, idleMs: 1_000, maxLabels: 100, clock });
  const busy = table.enter('busy');
  const gate = Promise.withResolvers<void>();
  const running = busy.value.run(() => gate.promise);
  for (let i = 0; i < 30; i++) table.leave(table.enter(`k${i}`));

  const snapshot = snapshotOfTable('fetch', table);

  expect(snapshot).toMatchObject({ name: 'fetch', keys: 31, inFlight: 1 });
  expect(Object.keys(snapshot.perKey)).toEqual([...Array.from({ length: 19 }, (_, i) => `k${i + 11}`), 'busy']);
  gate.resolve();
  await running;
});
