import { ConfigError } from '@holdfast/core';
import { anything, readOptions } from '@holdfast/core/options';
import type { Lease } from '../lease.ts';
import type { LeaseChange, LeaseStore } from '../store.ts';
import { FileStore } from './file-store.ts';
import { isAbsolutePath } from './node-file-system.ts';

export interface FileLeaseOptions {
  /**
   * Absolute path of the folder for the leases, the same for all candidates: on a disk of this machine, or in its memory (`/dev/shm`,
   * `/run`); for containers, on a volume they share. It is made if it is missing, the folder it lies in is not. Each lease has a
   * folder of its own in it, named like the lease.
   */
  readonly folder: string;
}

/** Leases in files of one machine. */
export interface FileLease extends LeaseStore {
  readonly kind: 'file';
  watch(name: string, seen: Lease | undefined, onChange: (change: LeaseChange) => void, signal: AbortSignal): Promise<void>;
  /** Deletes a lease, whoever holds it; its revisions go on. @returns whether there was one. @throws {LeaseStoreError} */
  remove(name: string, signal: AbortSignal): Promise<boolean>;
}

const absolute = 'an absolute path, so that it is the same folder wherever a candidate was started';

const rules = {
  folder: anything<string | undefined>(absolute, undefined, (value) => typeof value === 'string' && isAbsolutePath(value)),
};

/**
 * Keeps leases in files, for the processes and containers of **one machine** that share a folder. On Linux and macOS; on Linux it
 * refuses the network and shared file systems it knows (NFS, SMB, FUSE, Ceph and a dozen more), elsewhere it cannot tell them.
 *
 * - **No locks.** A write links a file that is complete and on its disk to the next free place, which the system lets exactly one do.
 *   A process may be killed or paused at any moment; nothing needs to be repaired, and the next write takes away what it left.
 * - **Writes are durable** before they are answered: they outlast a crash of the process at once, and a power cut if the disk keeps
 *   what it says it has synced. In memory they end with the machine, and the leases with them.
 * - **Revisions** count from the wall clock's microseconds when the lease is made, so that they grow even after its folder or the whole
 *   disk was lost, unless the clock was set back meanwhile by more than the lease was old. From there they count writes and deletions.
 * - **Watches** hear of writes from the system (inotify), and only that something changed: the elector reads then. Where the system has
 *   no watch left to give, electors poll.
 * - To take a lease away, call {@link FileLease.remove}. By hand, delete the lease's whole folder while no candidate runs; a single
 *   file of it never.
 * - Whoever may write to the folder may take any lease.
 * @throws {ConfigError}
 */
export function fileLease(options: FileLeaseOptions): FileLease {
  const { folder } = readOptions('fileLease', options, rules);
  if (folder === undefined) throw new ConfigError('fileLease', 'folder', folder, absolute);
  return new FileStore(folder);
}
