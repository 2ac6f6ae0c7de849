import { etcdLease } from '../../src/etcd.ts';
import { toBase64 } from '../../src/base64.ts';
import { leaseKey } from '../../src/etcd/fence.ts';
import { etcdCases } from '../etcd/cases.ts';
import { storeContract } from '../store-contract.ts';
import { withEngine } from './engine.ts';

withEngine('etcd', ['HOLDFAST_ETCD_ENDPOINT'], (endpoint = '') => {
  etcdCases(() => endpoint);
  storeContract('etcd', () => ({
    store: etcdLease({ endpoints: endpoint, prefix: '/contract/' }),
    otherStore: etcdLease({ endpoints: [endpoint], prefix: '/contract/' }),
    async remove(name) {
      const body = JSON.stringify({ key: toBase64(leaseKey('/contract/', name)) });
      await fetch(`${endpoint}/v3/kv/deleterange`, { method: 'POST', body });
    },
    close: () => Promise.resolve(),
  }));
});
