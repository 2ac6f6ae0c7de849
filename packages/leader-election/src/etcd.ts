export { etcdLease } from './etcd/etcd-lease.ts';
export type { EtcdLeaseStore } from './etcd/etcd-lease.ts';
export { etcdFence } from './etcd/fence.ts';
export type { EtcdFence, EtcdFenceOptions } from './etcd/fence.ts';
export type { EtcdLeaseOptions, EtcdTls } from './etcd/options.ts';
