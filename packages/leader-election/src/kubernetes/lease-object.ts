import { LeaseStoreError } from '../store.ts';

/** A Lease of `coordination.k8s.io/v1`, as far as it is used here. What else it has is kept, and written back. */
export interface LeaseObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: LeaseMetadata;
  readonly spec?: LeaseSpec | null;
}

export interface LeaseMetadata {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly labels?: Readonly<Record<string, string>> | null;
  readonly annotations?: Readonly<Record<string, string>> | null;
}

/** Every field may be absent or null: `kubectl`, and electors that released, leave them so. */
export interface LeaseSpec {
  readonly holderIdentity?: string | null;
  readonly leaseDurationSeconds?: number | null;
  readonly acquireTime?: string | null;
  readonly renewTime?: string | null;
  readonly leaseTransitions?: number | null;
  /** Of coordinated leader election (KEP-4355): the cluster assigns the lease. */
  readonly strategy?: string | null;
  readonly preferredHolder?: string | null;
}

type Check = (value: unknown) => boolean;

const text: Check = (value) => value === undefined || value === null || typeof value === 'string';
const count: Check = (value) => value === undefined || value === null || Number.isInteger(value);
const texts: Check = (value) =>
  value === undefined || value === null || (isObject(value) && Object.values(value).every((one) => typeof one === 'string'));

const ofMetadata: Record<string, Check> = { name: text, uid: text, labels: texts, annotations: texts };
const ofSpec: Record<string, Check> = {
  holderIdentity: text,
  leaseDurationSeconds: count,
  acquireTime: text,
  renewTime: text,
  leaseTransitions: count,
  strategy: text,
  preferredHolder: text,
};

/**
 * Makes sure that this is a Lease, so that nothing is read out of something else.
 * @param afterWrite whether this answers a write, which has taken place then.
 * @throws {LeaseStoreError} `invalid`, naming what was found.
 */
export function checkedLease(found: unknown, afterWrite: boolean): LeaseObject {
  if (!isObject(found) || !isObject(found['metadata'])) throw unreadable('no object with metadata', found, afterWrite);
  const { kind, metadata, spec } = found;
  if (kind !== undefined && kind !== 'Lease') throw unreadable('an object of another kind', kind, afterWrite);
  check('metadata', metadata, ofMetadata, afterWrite);
  if (spec !== undefined && spec !== null && !isObject(spec)) throw unreadable('no object as spec', spec, afterWrite);
  check('spec', spec ?? {}, ofSpec, afterWrite);
  return found as unknown as LeaseObject;
}

function check(part: string, fields: Record<string, unknown>, checks: Record<string, Check>, afterWrite: boolean): void {
  for (const [field, accepts] of Object.entries(checks)) {
    if (!accepts(fields[field])) throw unreadable(`an unknown ${part}.${field}`, fields[field], afterWrite);
  }
}

/** @throws {LeaseStoreError} `invalid`, if the resourceVersion is no positive whole number: then leases have no order to go by. */
export function revisionOf({ metadata }: LeaseObject, afterWrite: boolean): bigint {
  const { resourceVersion } = metadata;
  if (typeof resourceVersion === 'string' && /^[1-9]\d*$/.test(resourceVersion)) return BigInt(resourceVersion);
  throw unreadable('a metadata.resourceVersion that is no positive whole number', resourceVersion, afterWrite);
}

function unreadable(what: string, found: unknown, afterWrite: boolean): LeaseStoreError {
  const shown = (JSON.stringify(found) ?? String(found)).slice(0, 200);
  const message = `kubernetesLease: expected a Lease of coordination.k8s.io/v1, found ${what}: ${shown}; does the server speak the Kubernetes API?`;
  return new LeaseStoreError(message, { fault: 'invalid', mayBeWritten: afterWrite });
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
