import { expect, test } from 'vitest';
import { storeError } from './faults.ts';
import { leaseTable } from './table.ts';

const table = leaseTable('leases');
const failed = (code: string, message = 'it failed') =>
  storeError("write lease 'x'", table, Object.assign(new Error(message), { code }), true);

test.each([
  { code: '08006', fault: 'unreachable', mayBeWritten: true },
  { code: '08001', fault: 'unreachable', mayBeWritten: false },
  { code: '08P01', fault: 'unreachable', mayBeWritten: true },
  { code: '22021', fault: 'invalid', mayBeWritten: false },
  { code: '25P02', fault: 'unreachable', mayBeWritten: false },
  { code: '28000', fault: 'unauthorized', mayBeWritten: false },
  { code: '28P01', fault: 'unauthorized', mayBeWritten: false },
  { code: '40001', fault: 'unreachable', mayBeWritten: false },
  { code: '40003', fault: 'unreachable', mayBeWritten: true },
  { code: '40P01', fault: 'unreachable', mayBeWritten: false },
  { code: '53100', fault: 'unreachable', mayBeWritten: false },
  { code: '53300', fault: 'throttled', mayBeWritten: false },
  { code: '54000', fault: 'invalid', mayBeWritten: false },
  { code: '57014', fault: 'unreachable', mayBeWritten: false },
  { code: '57P01', fault: 'unreachable', mayBeWritten: true },
  { code: '57P02', fault: 'unreachable', mayBeWritten: true },
  { code: '57P03', fault: 'unreachable', mayBeWritten: false },
  { code: '58030', fault: 'unreachable', mayBeWritten: true },
  { code: 'XX000', fault: 'unreachable', mayBeWritten: true },
  { code: 'ECONNREFUSED', fault: 'unreachable', mayBeWritten: false },
  { code: 'ECONNRESET', fault: 'unreachable', mayBeWritten: true },
  { code: 'ETIMEDOUT', fault: 'unreachable', mayBeWritten: true },
])('$code is $fault, may be written: $mayBeWritten', ({ code, fault, mayBeWritten }) => {
  expect(failed(code)).toMatchObject({ fault, mayBeWritten });
  expect(storeError("read lease 'x'", table, { code }, false)).toMatchObject({ fault, mayBeWritten: false });
});

test('says what was tried, where, what came of it and what to do', () => {
  expect(failed('42501', 'permission denied for table leases').message).toBe(
    `postgresLease: could not write lease 'x' in leases: permission denied for table leases (42501); ` +
      'grant it: GRANT SELECT, INSERT, UPDATE ON "leases" TO …; GRANT USAGE ON SEQUENCE "leases_revision" TO …; and USAGE on its schema, if that is what is denied',
  );
  expect(failed('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:5432').message).toMatch(
    /: connect ECONNREFUSED 127\.0\.0\.1:5432$/,
  );
  expect(failed('ECONNREFUSED', '').message).toMatch(/: ECONNREFUSED$/);
  expect(storeError('read', table, undefined, false).message).toMatch(/: no reason was given$/);
});
