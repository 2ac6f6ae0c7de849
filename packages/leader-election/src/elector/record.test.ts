import { expect, test } from 'vitest';
import { HELD } from '../../test/driver.ts';
import { recordOf } from './record.ts';

test('nothing of what the store adds to a record is written back', () => {
  const lease = { ...HELD, revision: 7n, remainingMs: 3, reservedBecause: 'assigned', foreign: { labels: {} } };
  expect(recordOf(lease)).toEqual(HELD);
});
