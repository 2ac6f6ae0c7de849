import { ConfigError } from '@holdfast/core';
import type { Clock, Random } from '@holdfast/core';
import { aClock, anything, aRandom, having, readOptions, text } from '@holdfast/core/options';
import type { LeaseStore } from '../store.ts';
import { chosenCluster } from './cluster-choice.ts';
import { ClusterSource } from './cluster-source.ts';
import { ClusterTransport } from './cluster-transport.ts';
import { KubernetesStore } from './kubernetes-store.ts';
import { isObject } from './lease-object.ts';
import { nodeMachine } from './node-machine.ts';
import type { KubernetesTransport } from './transport.ts';

export interface KubernetesLeaseOptions {
  /**
   * Where the Leases lie; all candidates must name the same one. @default the namespace of the kubeconfig's context, or of the pod's
   * service account; there is none with a transport of your own
   */
  namespace?: string;
  /** Labels for the Leases, over the same ones that others gave them; other labels stay. @default {} */
  labels?: Readonly<Record<string, string>>;
  /** Path of a kubeconfig file. @default the files that the environment variable KUBECONFIG names; without it, the pod's service account */
  kubeconfig?: string;
  /** A context of the kubeconfig. @default its current-context at the first request */
  context?: string;
  /** How requests reach the API server, credentials included, in place of the built-in way. */
  transport?: KubernetesTransport;
  /** For the age of credentials. @default systemClock */
  clock?: Clock;
  /** For the length of watches. @default systemRandom */
  random?: Random;
}

/**
 * Keeps each lease in a Lease object of `coordination.k8s.io/v1`, where electors of other programs that use the same API (client-go
 * and its ports) see who holds it and for how long, and are seen. Speaks to the API server by itself, over Node's own TLS, on two
 * kept connections; no client library.
 *
 * Configuration and credentials are looked for at the first request, in this order: `kubeconfig`, the environment variable
 * KUBECONFIG, the service account of the pod. `~/.kube/config` is never read unless it is named: a program started on somebody's
 * machine must not take part in the elections of whatever cluster that person looked at last. With nothing found, every request
 * fails, and says what was looked for; that is no reason to lead. They are read again every minute, when the server refuses them,
 * and when its certificate is not trusted, since tokens and certificates are rotated. Credentials out of a program (`exec`) are got
 * anew in the background, a minute before they end.
 *
 * **Cluster and namespace stay** those of the first good read. What `kubectl config use-context` chooses later changes nothing here; a
 * context that leads to another cluster, server or namespace than at first is not followed, nor are its credentials used: the request
 * that is then refused says so, and a restart follows it. An election in two places would have two leaders.
 *
 * **Revisions** are resourceVersions of the API server, those of etcd: they grow over all Leases of a cluster, also when one is
 * deleted and made anew. They start again in another cluster, and go back when etcd is restored from a backup: then the resources
 * that remember a fencing token have to be told.
 *
 * **Rights**: the verbs get, create and update on leases, and watch for followers to learn of changes at once (without it they poll).
 * @throws {ConfigError} for options that cannot work. Nothing of the environment is touched here.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/
 */
export function kubernetesLease(options: KubernetesLeaseOptions = {}): LeaseStore {
  const { namespace, labels, kubeconfig, context, transport, clock, random } = readOptions('kubernetesLease', options, rules);
  if (transport !== undefined) {
    checkAlone(namespace, { kubeconfig, context });
    return new KubernetesStore({ transport, namespaceOf: () => Promise.resolve(namespace!), labels, random });
  }
  const cluster = new ClusterTransport(
    new ClusterSource(chosenCluster(nodeMachine, { kubeconfig, context, namespace }), nodeMachine, clock),
  );
  const namespaceOf = (signal: AbortSignal): Promise<string> =>
    namespace === undefined ? cluster.namespace(signal) : Promise.resolve(namespace);
  return new KubernetesStore({ transport: cluster, namespaceOf, labels, random });
}

const rules = {
  namespace: anything<string | undefined>('the name of a namespace: at most 63 of a-z, 0-9 and -', undefined, isNamespace),
  labels: anything<Readonly<Record<string, string>>>('an object of valid labels', {}, areLabels),
  kubeconfig: text<string | undefined>(undefined),
  context: text<string | undefined>(undefined),
  transport: having<KubernetesTransport | undefined>('a transport', ['send'], undefined),
  clock: aClock,
  random: aRandom,
};

/** A transport has its own credentials, and knows no namespace. */
function checkAlone(namespace: string | undefined, others: Record<string, string | undefined>): void {
  if (namespace === undefined) {
    throw new ConfigError('kubernetesLease', 'namespace', namespace, 'given with a transport, which knows of none');
  }
  for (const [option, value] of Object.entries(others)) {
    if (value !== undefined)
      throw new ConfigError('kubernetesLease', option, value, 'left out with a transport, which has its own credentials');
  }
}

function isNamespace(value: unknown): boolean {
  return typeof value === 'string' && value.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(value);
}

function areLabels(value: unknown): boolean {
  return isObject(value) && Object.entries(value).every(([key, label]) => isLabelKey(key) && isLabel(label));
}

function isLabelKey(key: string): boolean {
  const [name, prefix, ...rest] = key.split('/').toReversed();
  const validPrefix = prefix === undefined || (prefix.length <= 253 && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(prefix));
  return rest.length === 0 && validPrefix && name !== '' && isLabel(name);
}

function isLabel(label: unknown): boolean {
  return typeof label === 'string' && label.length <= 63 && /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/.test(label);
}
