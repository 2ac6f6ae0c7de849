import { etcdLease } from '../../src/etcd.ts';
import { toBase64 } from '../../src/base64.ts';
import { leaseKey } from '../../src/etcd/fence.ts';
import { storeContract } from '../store-contract.ts';
import { EtcdStandIn } from './stand-in.ts';

storeContract('etcd, against a stand-in', async () => {
  const etcd = await new EtcdStandIn().start();
  const options = { endpoints: etcd.endpoint, prefix: '/contract/' };
  return {
    store: etcdLease(options),
    otherStore: etcdLease(options),
    remove: (name) => Promise.resolve(etcd.keys.remove(toBase64(leaseKey('/contract/', name)))),
    close: () => etcd.stop(),
  };
});
