import { expect } from 'vitest';
import { storeContract } from '../store-contract.ts';
import { startCluster, until } from './environment.ts';

storeContract('of Kubernetes', async () => {
  const cluster = await startCluster();
  return {
    store: cluster.store(),
    otherStore: cluster.store(),
    remove: async (name) => cluster.api.storage.delete('default', name),
    close: async () => {
      await until(() => cluster.api.open === 0); // what was aborted has been let go of
      expect(cluster.api.watches.size).toBe(0);
      await cluster[Symbol.asyncDispose]();
    },
  };
});
