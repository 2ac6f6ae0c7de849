import { LeaseStoreError } from '../store.ts';
import type { StoreFault } from '../store.ts';

interface FileFault {
  readonly fault: StoreFault;
  readonly advice: string;
}

const DENIED: FileFault = { fault: 'forbidden', advice: 'let this process list, read and write the folder and those in it' };
const WRONG_PLACE: FileFault = { fault: 'invalid', advice: 'name a folder, not a file, and one that can be made' };
const NO_PLACE: FileFault = { fault: 'unreachable', advice: 'make the folder it is to lie in, or mount what it is on' };
const FULL: FileFault = { fault: 'unreachable', advice: 'make room on the file system' };
const TOO_MANY: FileFault = { fault: 'unreachable', advice: 'raise the limit of open files, or find what leaves them open' };

const BY_CODE: Readonly<Record<string, FileFault>> = {
  EACCES: DENIED,
  EPERM: DENIED,
  EROFS: { fault: 'forbidden', advice: 'the file system is mounted read-only: name a folder on one that is not' },
  ENOENT: NO_PLACE,
  ENOTDIR: WRONG_PLACE,
  EISDIR: WRONG_PLACE,
  ELOOP: WRONG_PLACE,
  ENAMETOOLONG: { fault: 'invalid', advice: 'name a folder with a shorter path' },
  ENOSPC: FULL,
  EDQUOT: FULL,
  EMFILE: TOO_MANY,
  ENFILE: TOO_MANY,
};

const UNKNOWN: FileFault = { fault: 'unreachable', advice: 'look at the state of the disk' };

/** What a failure of the file system means for an election. An error that says it already passes through. */
export function storeError(doing: string, error: unknown, mayBeWritten: boolean): LeaseStoreError {
  if (error instanceof LeaseStoreError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const { fault, advice } = BY_CODE[code ?? ''] ?? UNKNOWN;
  return new LeaseStoreError(`fileLease: ${doing} failed (${message}); ${advice}`, { fault, mayBeWritten, cause: error });
}

/** A watch that could not begin or broke. Whatever the reason, reading goes on without it. */
export function watchError(name: string, error: unknown): LeaseStoreError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EMFILE') return storeError(`watching the lease ${name}`, error, false);
  return new LeaseStoreError(
    `fileLease: the system has no room for a watch of the lease ${name} (${message}); the election polls. On Linux, raise ` +
      'fs.inotify.max_user_watches or fs.inotify.max_user_instances',
    { fault: 'unreachable', mayBeWritten: false, cause: error },
  );
}

export function calledOff(doing: string, reason: unknown, mayBeWritten: boolean): LeaseStoreError {
  const details = { fault: 'unreachable', mayBeWritten, cause: reason } as const;
  return new LeaseStoreError(`fileLease: ${doing} was called off before the file system had answered`, details);
}

export function invalid(message: string): LeaseStoreError {
  return new LeaseStoreError(`fileLease: ${message}`, { fault: 'invalid', mayBeWritten: false });
}
