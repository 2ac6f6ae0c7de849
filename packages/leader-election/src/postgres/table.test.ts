import { expect, test } from 'vitest';
import { fencedBy } from './fence.ts';
import { isTableName, leaseTable, leaseTableSql } from './table.ts';

test('quotes each part as it is written, and names the sequence after the table', () => {
  expect(leaseTable('App.Leases')).toEqual({ label: 'App.Leases', table: '"App"."Leases"', sequence: '"App"."Leases_revision"' });
  expect(leaseTable('leases')).toMatchObject({ table: '"leases"', sequence: '"leases_revision"' });
});

test('takes names that PostgreSQL keeps whole, with the ending of the sequence', () => {
  expect(['a', '_a', 'a-b_c9', `${'s'.repeat(63)}.${'t'.repeat(54)}`].filter((name) => !isTableName(name))).toEqual([]);
});

const refused = [
  '',
  '.',
  'a.',
  '.a',
  'a.b.c',
  '9a',
  'a b',
  'a"b',
  "a'b",
  'a%sb',
  'a$b',
  'a;b',
  'a\0',
  'é',
  'a\n',
  's'.repeat(64) + '.a',
  't'.repeat(55),
];

test.each(refused.map((name) => ({ name })))('refuses $name wherever a table is named', ({ name }) => {
  expect(isTableName(name)).toBe(false);
  expect(() => leaseTableSql(name)).toThrow(RangeError);
  expect(() => fencedBy({ name: 'x', token: 1n }, { table: name })).toThrow(RangeError);
});

test('numbers the parameters of a fence from where it is told', () => {
  const term = { name: 'x', token: 2n ** 60n };

  expect(fencedBy(term)).toMatchObject({
    text: expect.stringMatching(/\$1::text.*\$2::bigint/s),
    values: ['x', '1152921504606846976'],
  });
  expect(fencedBy(term, { firstParameter: 3 }).text).toMatch(/\$3::text.*\$4::bigint/s);
  for (const firstParameter of [0, -1, 1.5, Number.NaN]) expect(() => fencedBy(term, { firstParameter })).toThrow(RangeError);
});
