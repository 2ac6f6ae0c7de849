import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { invalid } from './faults.ts';
import { makeFolder, syncFolder } from './node-folder.ts';

/**
 * File systems whose files may be another machine's too, as Linux numbers them (`statfs(2)`). A link that is atomic here may not be
 * there, and a listing may be an old one. Not all there are: some have no number of their own, and new ones come.
 * @see `fs.h` of GNU coreutils, made from `stat.c`; for OrangeFS `fs/orangefs/protocol.h` of Linux
 */
const SHARED: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0x65735546, 'FUSE'], // sshfs, s3fs, gcsfuse; virtiofs, which shares with a virtual machine's host, has the same number
  [0x01021997, '9p'],
  [0x786f4256, 'vboxsf'],
  [0x7c7c6673, 'prl_fs'],
  [0xbacbacbc, 'VMware shared folders'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x19830326, 'BeeGFS'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
  [0xaad7aaea, 'PanFS'],
  [0x20030528, 'OrangeFS'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
]);

/** @returns why leases cannot be kept there, `undefined` if nothing speaks against it. @param type number of the file system, as `statfs` has it. */
export function unfit(folder: string, platform: string, type: number): string | undefined {
  if (platform === 'win32') return 'Windows is not supported: there a folder cannot be synced to its disk';
  const shared = platform === 'linux' ? SHARED.get(type >>> 0) : undefined; // some machines say it as a negative number
  if (shared === undefined) return undefined;
  return (
    `${folder} lies on ${shared}, which several machines may share, and fileLease is safe on one only; name a folder on a disk of ` +
    'this machine, or keep the lease in Kubernetes, PostgreSQL, etcd or Redis'
  );
}

export { isAbsolute as isAbsolutePath, join as joinPath } from 'node:path';

/**
 * Makes the folder if need be, and checks what it lies on.
 * @throws {LeaseStoreError} where leases cannot be kept; else the file system's own error.
 */
export async function prepareRoot(folder: string): Promise<void> {
  if (await makeFolder(folder)) await syncFolder(dirname(folder));
  const { type } = await statfs(folder);
  const reason = unfit(folder, process.platform, type);
  if (reason !== undefined) throw invalid(reason);
}
