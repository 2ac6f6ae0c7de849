import type { Random } from '@holdfast/core';
import type { Lease, LeaseRecord } from '../lease.ts';
import { LeaseStoreError } from '../store.ts';
import type { LeaseChange, LeaseStore } from '../store.ts';
import { statusIn } from './answer.ts';
import type { Answer } from './answer.ts';
import { LeaseApi } from './lease-api.ts';
import { checkedLease } from './lease-object.ts';
import type { LeaseObject } from './lease-object.ts';
import { leaseOf } from './lease-reading.ts';
import { objectFor } from './lease-writing.ts';
import { refusal } from './refusal.ts';
import type { KubernetesTransport } from './transport.ts';
import { watchLease } from './watching.ts';

export interface StoreParts {
  readonly transport: KubernetesTransport;
  /** Known at once, or only where the configuration has been read. */
  readonly namespaceOf: (signal: AbortSignal) => Promise<string>;
  readonly labels: Readonly<Record<string, string>>;
  readonly random: Random;
}

export class KubernetesStore implements LeaseStore {
  readonly kind = 'kubernetes';
  readonly #parts: StoreParts;

  constructor(parts: StoreParts) {
    this.#parts = parts;
  }

  async read(name: string, signal: AbortSignal): Promise<Lease | undefined> {
    const api = await this.#api(name, signal);
    const answer = await api.read(name, signal);
    if (answer.status === 200) return leaseOf(bodyOf(answer, api, 'read', name), false);
    if (saysThereIsNone(answer)) return undefined;
    throw refusal(api.asked('read', name), answer);
  }

  async write(name: string, seen: Lease | undefined, next: LeaseRecord, signal: AbortSignal): Promise<Lease | undefined> {
    const api = await this.#api(name, signal);
    const { labels } = this.#parts;
    if (seen === undefined) {
      const object = objectFor({ namespace: api.namespace, name }, undefined, next, labels);
      return created(api, name, await api.create(name, object, signal));
    }
    const object = objectFor({ namespace: api.namespace, name }, asRead(seen, name), next, labels);
    return updated(api, name, await api.update(name, object, signal));
  }

  async watch(
    name: string,
    seen: Lease | undefined,
    onChange: (change: LeaseChange) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const from = seen === undefined ? undefined : asRead(seen, name).metadata.resourceVersion;
    try {
      const api = await this.#api(name, signal);
      await watchLease(api, { name, from, random: this.#parts.random, onChange }, signal);
    } catch (error) {
      if (!signal.aborted) throw error; // an abort is the usual end of a watch
    }
  }

  async #api(name: string, signal: AbortSignal): Promise<LeaseApi> {
    checkName(name);
    return new LeaseApi(this.#parts.transport, await this.#parts.namespaceOf(signal));
  }
}

function created(api: LeaseApi, name: string, answer: Answer): Lease | undefined {
  if (answer.status === 201) return leaseOf(bodyOf(answer, api, 'create', name), true);
  if (answer.status === 409 && isConflict(answer)) return undefined;
  throw refusal(api.asked('create', name), answer);
}

function updated(api: LeaseApi, name: string, answer: Answer): Lease | undefined {
  if (answer.status === 200) return leaseOf(bodyOf(answer, api, 'update', name), true);
  // The Lease had been deleted, and the PUT made a new one: Lease is create-on-update, where the resourceVersion is not compared. The
  // uid we send keeps servers from that, but a server is not ours. So it was not as seen. What lies there now bears the uid of its
  // own, and annotations of the old one: nobody takes it for a lease of this term, which is over, and it runs out unrenewed.
  if (answer.status === 201) return undefined;
  if (answer.status === 409 && isConflict(answer)) return undefined;
  if (saysThereIsNone(answer)) return undefined;
  throw refusal(api.asked('update', name), answer);
}

function isConflict({ json }: Answer): boolean {
  const reason = statusIn(json)?.reason;
  return reason === 'Conflict' || reason === 'AlreadyExists';
}

/** No such Lease; not: no such namespace, or no API server at that address. */
function saysThereIsNone({ status, json }: Answer): boolean {
  const said = statusIn(json);
  return status === 404 && said?.reason === 'NotFound' && said.about !== 'namespaces';
}

/** Something that stands between, such as a login page, may answer 200 too. */
function bodyOf(answer: Answer, api: LeaseApi, verb: 'read' | 'create' | 'update', name: string): unknown {
  if (answer.json === undefined) throw refusal(api.asked(verb, name), answer);
  return answer.json;
}

/** The object as it was read: a write needs all of it, with the uid above all. */
function asRead(seen: Lease, name: string): LeaseObject {
  const object = seen.foreign === undefined ? undefined : checkedLease(seen.foreign, false);
  if (object?.metadata.name === name && object.metadata.uid !== undefined) return object;
  const message = `kubernetesLease: expected lease ${name} as this store gave it, with the uid of its object`;
  throw new LeaseStoreError(message, { fault: 'invalid', mayBeWritten: false });
}

/** A name the API would refuse is refused here, where it can be said why. */
function checkName(name: string): void {
  if (name.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name)) return;
  const message =
    `kubernetesLease: ${JSON.stringify(name)} cannot be the name of a Lease, which is a DNS subdomain: ` +
    'at most 253 of a-z, 0-9, - and ., with a letter or digit at both ends of each part';
  throw new LeaseStoreError(message, { fault: 'invalid', mayBeWritten: false });
}
