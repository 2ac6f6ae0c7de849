export { fileLease } from './file/file-lease.ts';
export type { FileLease, FileLeaseOptions } from './file/file-lease.ts';
