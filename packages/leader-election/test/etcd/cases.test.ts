import { afterAll, beforeAll } from 'vitest';
import { etcdCases } from './cases.ts';
import { EtcdStandIn } from './stand-in.ts';

const etcd = new EtcdStandIn();
beforeAll(() => etcd.start());
afterAll(() => etcd.stop());

etcdCases(() => etcd.endpoint);
