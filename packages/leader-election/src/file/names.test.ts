import { expect, test } from 'vitest';
import { isLeaseName, isTicket, positionFile, positionIn, ticketFile } from './names.ts';

test('files of positions sort like the positions, and give them back', () => {
  const positions = [0, 1, 9, 10, 99, 100, 1_000_000, Number.MAX_SAFE_INTEGER];

  const files = positions.map(positionFile);

  expect(files.toSorted()).toEqual(files);
  expect(files.map(positionIn)).toEqual(positions);
});

test.each(['1.json', '00000000000000001.json', '0000000000000001.json.ticket', '000000000000000x.json', 'README', ''])(
  'takes the file %j for no position',
  (file) => {
    expect(positionIn(file)).toBeUndefined();
  },
);

test('tells tickets from other files', () => {
  expect(isTicket(ticketFile('0f3b9c1e-5ad2-4f58-9be5-2f6a1c0d7e44'))).toBe(true);
  expect(['.ticket', 'ticket', 'a.ticket.txt', positionFile(1)].filter(isTicket)).toEqual([]);
});

test('takes what can be the name of a folder everywhere, and stays in its folder, for the name of a lease', () => {
  expect(['billing', 'billing.prod', 'a', '0-1', 'x'.repeat(253), 'a_b'].every(isLeaseName)).toBe(true);
  const refused = ['', '.', '..', '.a', '-a', 'a/b', '../a', 'A', 'ä', 'a b', 'a\0', 'a\n', 'x'.repeat(254), 'a\\b', 'a:b'];
  expect(refused.filter(isLeaseName)).toEqual([]);
});
