import { decodedSpec, leaseIn, validate } from './lease-decoding.ts';
import type { Sent } from './lease-decoding.ts';
import type { LeaseStorage, Stored } from './lease-storage.ts';
import {
  alreadyExists,
  badRequest,
  conflict,
  invalid,
  modified,
  noNamespace,
  notFound,
  otherUid,
  Refused,
  unexpected,
  unsupportedMediaType,
} from './statuses.ts';
import type { ObjectReply } from './statuses.ts';

/** A request for Leases, taken apart. */
export interface LeaseRequest {
  readonly namespace: string;
  readonly name: string;
  readonly body: string;
  readonly contentType: string;
  /** The part of the user agent before its slash. */
  readonly manager: string;
  readonly dryRun: boolean;
}

/** What the API server does with Leases, as recorded of a real one: `recorded.test.ts` compares. */
export class LeaseResource {
  readonly #storage: LeaseStorage;
  readonly #namespaces: ReadonlySet<string>;

  constructor(storage: LeaseStorage, namespaces: ReadonlySet<string>) {
    this.#storage = storage;
    this.#namespaces = namespaces;
  }

  get({ namespace, name }: LeaseRequest): ObjectReply {
    const found = this.#storage.get(namespace, name);
    if (found === undefined) throw notFound(name);
    return { status: 200, body: shown(found) };
  }

  list({ namespace }: LeaseRequest): ObjectReply {
    const metadata = { resourceVersion: String(this.#storage.revision) };
    return {
      status: 200,
      body: { kind: 'LeaseList', apiVersion: 'coordination.k8s.io/v1', metadata, items: this.#storage.list(namespace) },
    };
  }

  create(request: LeaseRequest): ObjectReply {
    const sent = leaseIn(request.body, request.contentType);
    checkNamespace(request, sent);
    const name = textOf(sent.metadata['name']);
    if (sent.metadata['resourceVersion'] !== undefined)
      throw unexpected('resourceVersion should not be set on objects to be created');
    validate(name, sent);
    if (!this.#namespaces.has(request.namespace)) throw noNamespace(request.namespace);
    if (this.#storage.get(request.namespace, name) !== undefined) throw alreadyExists(name);
    return { status: 201, body: shown(this.#store({ ...request, name }, sent, undefined)) };
  }

  update(request: LeaseRequest): ObjectReply {
    const { namespace, name } = request;
    const sent = leaseIn(request.body, request.contentType);
    checkNamespace(request, sent);
    const sentName = textOf(sent.metadata['name']);
    if (sentName !== name) {
      throw badRequest(`the name of the object (${sentName}) does not match the name on the URL (${name})`);
    }
    const version = textOf(sent.metadata['resourceVersion']);
    if (version !== '' && !/^\d+$/.test(version)) throw unexpected(`strconv.ParseUint: parsing "${version}": invalid syntax`);
    const before = this.#storage.get(namespace, name);
    const uid = textOf(sent.metadata['uid']);
    if (uid !== '' && uid !== before?.metadata.uid) throw otherUid(namespace, name, uid, before?.metadata.uid ?? '');
    if (before === undefined) {
      // Create-on-update: nothing is compared but the uid.
      validate(name, sent);
      if (!this.#namespaces.has(namespace)) throw noNamespace(namespace);
      return { status: 201, body: shown(this.#store(request, sent, undefined)) };
    }
    if (version === '') {
      throw invalid(
        name,
        [{ field: 'metadata.resourceVersion', message: 'Invalid value: 0x0: must be specified for an update' }],
        'leases',
      );
    }
    if (version !== before.metadata.resourceVersion) throw modified(name);
    validate(name, sent);
    return { status: 200, body: shown(this.#store(request, sent, before)) };
  }

  /** Merge patches; that they are refused as others are is all that is needed of the others. */
  patch(request: LeaseRequest): ObjectReply {
    const { namespace, name, body, contentType } = request;
    if (!/^application\/(strategic-)?merge-patch\+json/.test(contentType))
      throw unsupportedMediaType('415: Unsupported Media Type');
    const before = this.#storage.get(namespace, name);
    if (before === undefined) throw notFound(name);
    const patch = JSON.parse(body) as Partial<Record<'metadata' | 'spec', Record<string, unknown>>>;
    const version = patch.metadata?.['resourceVersion'] ?? before.metadata.resourceVersion;
    if (version !== before.metadata.resourceVersion) throw modified(name);
    const sent = { metadata: { ...before.metadata, ...patch.metadata }, spec: patchedSpec(before, patch.spec ?? {}) };
    validate(name, sent);
    return { status: 200, body: shown(this.#store(request, sent, before)) };
  }

  delete({ namespace, name, body }: LeaseRequest): ObjectReply {
    const found = this.#storage.get(namespace, name);
    if (found === undefined) throw notFound(name);
    const { preconditions = {} } = (body === '' ? {} : JSON.parse(body)) as { preconditions?: { resourceVersion?: string } };
    const { resourceVersion = found.metadata.resourceVersion } = preconditions;
    if (resourceVersion !== found.metadata.resourceVersion) {
      const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${found.metadata.resourceVersion}). The object might have been modified`;
      throw conflict(name, why, 'Lease');
    }
    this.#storage.delete(namespace, name);
    const details = { name, group: 'coordination.k8s.io', kind: 'leases', uid: found.metadata.uid };
    return { status: 200, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details } };
  }

  #store({ namespace, name, manager, dryRun }: LeaseRequest, { metadata, spec }: Sent, before: Stored | undefined): Stored {
    const { labels, annotations } = metadata;
    const time = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const object = {
      metadata: {
        name,
        namespace,
        creationTimestamp: before?.metadata['creationTimestamp'] ?? time,
        ...(isEmpty(labels) ? {} : { labels }),
        ...(isEmpty(annotations) ? {} : { annotations }),
        managedFields: [managedBy(manager, time, { labels, annotations }, spec)],
      },
      spec,
    };
    if (!dryRun) return this.#storage.put(object);
    return { ...object, metadata: { ...object.metadata, uid: '00000000-0000-4000-8000-000000000000', resourceVersion: '' } };
  }
}

export function shown({ metadata, spec }: Stored): object {
  return { kind: 'Lease', apiVersion: 'coordination.k8s.io/v1', metadata, spec };
}

function checkNamespace({ namespace }: LeaseRequest, { metadata }: Sent): void {
  if ((metadata['namespace'] ?? namespace) === namespace) return;
  throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

function patchedSpec(before: Stored, patch: Record<string, unknown>): Record<string, unknown> {
  try {
    return decodedSpec({ ...before.spec, ...patch });
  } catch (error) {
    // In a patch the same mistake has another answer.
    const message = error instanceof Refused ? error.message : String(error);
    const details = { causes: [{ reason: 'FieldValueInvalid', message, field: 'patch' }] };
    throw new Refused(422, 'Invalid', ` "" is invalid: patch: ${message}`, details);
  }
}

function managedBy(manager: string, time: string, named: Record<string, unknown>, spec: Record<string, unknown>): object {
  const owned = Object.entries(named).filter(([, fields]) => !isEmpty(fields));
  const ofMetadata = owned.map(([name, fields]) => [`f:${name}`, { '.': {}, ...fieldsOf(fields as object) }]);
  return {
    manager,
    operation: 'Update',
    apiVersion: 'coordination.k8s.io/v1',
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: {
      ...(ofMetadata.length === 0 ? {} : { 'f:metadata': Object.fromEntries(ofMetadata) }),
      ...(isEmpty(spec) ? {} : { 'f:spec': fieldsOf(spec) }),
    },
  };
}

function fieldsOf(object: object): object {
  return Object.fromEntries(Object.keys(object).map((field) => [`f:${field}`, {}]));
}

const isEmpty = (value: unknown): boolean => Object.keys(value ?? {}).length === 0;
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
