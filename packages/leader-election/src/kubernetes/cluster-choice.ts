import { LeaseStoreError } from '../store.ts';
import type { ClusterReader } from './cluster.ts';
import { inCluster, isInCluster } from './in-cluster.ts';
import { kubeconfigReader } from './kubeconfig.ts';
import type { Wanted } from './kubeconfig.ts';
import type { Machine } from './machine.ts';

export interface ClusterChoice extends Wanted {
  readonly kubeconfig: string | undefined;
}

/** Chooses at the first read, and at every one after it until there is something to choose. */
export function chosenCluster(machine: Machine, choice: ClusterChoice): ClusterReader {
  let chosen: ClusterReader | undefined;
  return {
    async read(refused) {
      chosen ??= choose(machine, choice);
      return chosen.read(refused);
    },
  };
}

function choose(machine: Machine, choice: ClusterChoice): ClusterReader {
  const { kubeconfig, context } = choice;
  if (kubeconfig !== undefined) return kubeconfigReader(machine, [kubeconfig], choice);
  const paths = (machine.variable('KUBECONFIG') ?? '').split(machine.pathSeparator).filter((path) => path !== '');
  if (paths.length > 0) return kubeconfigReader(machine, paths, choice);
  if (context !== undefined) throw notFound(`a context ${context} is named, and no kubeconfig to find it in`);
  if (isInCluster(machine)) return inCluster(machine);
  throw notFound(
    'this is no pod of a cluster (KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set), and no kubeconfig is named',
  );
}

function notFound(what: string): LeaseStoreError {
  const message = `no API server is known: ${what}; set the option kubeconfig or the environment variable KUBECONFIG to run outside of a cluster`;
  return new LeaseStoreError(message, { fault: 'invalid', mayBeWritten: false });
}
