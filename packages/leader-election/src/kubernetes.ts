export { kubernetesLease } from './kubernetes/kubernetes-lease.ts';
export type { KubernetesLeaseOptions } from './kubernetes/kubernetes-lease.ts';
export type { KubernetesRequest, KubernetesResponse, KubernetesTransport } from './kubernetes/transport.ts';
export { fenced, FENCING_TOKEN } from './kubernetes/fence-annotation.ts';
export { StaleTokenError } from './fencing/stale-token-error.ts';
export type { Fenced, FencedObject } from './kubernetes/fence-annotation.ts';
