import type { LeaseRecord } from '../lease.ts';
import { annotationsFor } from './annotations.ts';
import type { LeaseMetadata, LeaseObject } from './lease-object.ts';
import { secondsOf } from './lease-reading.ts';
import { microTime } from './micro-time.ts';

export interface LeasePlace {
  readonly namespace: string;
  readonly name: string;
}

/**
 * The whole object to PUT or POST: as it was read, with what the record says. Fields, labels and annotations of others stay.
 * @param seen the object read before, with its uid and resourceVersion; `undefined` to create one.
 * @param labels of our own, over the same ones of others.
 */
export function objectFor(
  { namespace, name }: LeasePlace,
  seen: LeaseObject | undefined,
  next: LeaseRecord,
  labels: Readonly<Record<string, string>>,
): LeaseObject {
  const metadata: LeaseMetadata = seen?.metadata ?? { name, namespace };
  const allLabels = { ...metadata.labels, ...labels };
  return {
    ...seen,
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      ...metadata,
      ...(Object.keys(allLabels).length === 0 ? {} : { labels: allLabels }),
      annotations: annotationsFor(metadata.annotations ?? {}, metadata.uid, next),
    },
    spec: {
      ...seen?.spec,
      holderIdentity: next.holder,
      leaseDurationSeconds: secondsOf(next.durationMs),
      acquireTime: microTime(next.acquiredAtMs),
      renewTime: microTime(next.renewedAtMs),
      leaseTransitions: next.transitions,
    },
  };
}
