import { expect, test } from 'vitest';
import { unfit } from './node-file-system.ts';

test.each([
  [0x6969, 'NFS'],
  [0xfe534d42, 'SMB'],
  [0xfe534d42 - 2 ** 32, 'SMB'],
  [0x65735546, 'FUSE'],
  [0x01021997, '9p'],
  [0xbacbacbc, 'VMware shared folders'],
  [0xaad7aaea, 'PanFS'],
  [0x20030528, 'OrangeFS'],
])('knows file systems of the number %d for %s, which others may share', (type, name) => {
  expect(unfit('/leases', 'linux', type)).toContain(`/leases lies on ${name}, which several machines may share`);
});

test.each([
  ['ext4', 0xef53],
  ['XFS', 0x58465342],
  ['Btrfs', 0x9123683e],
  ['ZFS', 0x2fc12fc1],
  ['tmpfs', 0x01021994],
  ['overlayfs', 0x794c7630],
])('lets %s pass', (_name, type) => {
  expect(unfit('/leases', 'linux', type)).toBeUndefined();
});

test('does not take the numbers of another system for those of Linux', () => {
  expect(unfit('/leases', 'darwin', 0x6969)).toBeUndefined();
});

test('refuses Windows', () => {
  expect(unfit('C:\\leases', 'win32', 0)).toContain('Windows is not supported');
});
