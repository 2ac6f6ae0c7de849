import { expect, test } from 'vitest';
import { LeaseStoreError } from '../store.ts';
import { invalid, storeError, watchError } from './faults.ts';

const failure = (code: string): Error => Object.assign(new Error(`${code}: it did not work, open '/leases/a'`), { code });

test.each([
  ['EACCES', 'forbidden'],
  ['EPERM', 'forbidden'],
  ['EROFS', 'forbidden'],
  ['ENOTDIR', 'invalid'],
  ['ENAMETOOLONG', 'invalid'],
  ['ENOSPC', 'unreachable'],
  ['EMFILE', 'unreachable'],
  ['EIO', 'unreachable'],
])('%s means %s', (code, fault) => {
  const error = storeError('writing the lease a', failure(code), true);

  expect(error).toBeInstanceOf(LeaseStoreError);
  expect(error).toMatchObject({ fault, mayBeWritten: true });
  expect(error.message).toContain(`fileLease: writing the lease a failed (${code}`);
  expect(error.cause).toBeInstanceOf(Error);
});

test('a failure that is told already stays as it is', () => {
  const told = invalid('told');

  expect(storeError('writing', told, true)).toBe(told);
  expect(watchError('a', told)).toBe(told);
});

test('a watch that the system has no room for says what to raise, and sends the elector to polling', () => {
  const error = watchError('a', failure('ENOSPC'));

  expect(error).toMatchObject({ fault: 'unreachable', mayBeWritten: false });
  expect(error.message).toContain('fs.inotify.max_user_watches');
  expect(watchError('a', failure('EIO')).message).not.toContain('inotify');
});
