import { LeaseStoreError } from '../store.ts';
import { readAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { LeaseObject } from './lease-object.ts';
import type { Asked } from './refusal.ts';
import type { KubernetesRequest, KubernetesResponse, KubernetesTransport } from './transport.ts';

const JSON_TYPE = 'application/json';

/** The Leases of one namespace: the requests of coordination.k8s.io/v1 that an election needs. */
export class LeaseApi {
  readonly namespace: string;
  readonly #transport: KubernetesTransport;

  constructor(transport: KubernetesTransport, namespace: string) {
    this.#transport = transport;
    this.namespace = namespace;
  }

  /** A quorum read: one without a resourceVersion. */
  read(name: string, signal: AbortSignal): Promise<Answer> {
    return this.#exchange(this.asked('read', name), { method: 'GET', path: this.#pathOf(name), body: null, signal });
  }

  create(name: string, object: LeaseObject, signal: AbortSignal): Promise<Answer> {
    const request = { method: 'POST', path: this.#path(), body: JSON.stringify(object), signal } as const;
    return this.#exchange(this.asked('create', name), request);
  }

  update(name: string, object: LeaseObject, signal: AbortSignal): Promise<Answer> {
    const request = { method: 'PUT', path: this.#pathOf(name), body: JSON.stringify(object), signal } as const;
    return this.#exchange(this.asked('update', name), request);
  }

  /** @returns the answer with its body still to be read: a stream, if the status is 200. */
  watch(name: string, from: string, timeoutSeconds: number, signal: AbortSignal): Promise<KubernetesResponse> {
    const query = new URLSearchParams({
      watch: '1',
      fieldSelector: `metadata.name=${name}`,
      allowWatchBookmarks: 'true',
      resourceVersion: from,
      timeoutSeconds: String(timeoutSeconds),
    });
    const request = { method: 'GET', path: `${this.#path()}?${query.toString()}`, body: null, signal, stream: true } as const;
    return this.#send(this.asked('watch', name), { ...request, headers: { accept: JSON_TYPE } });
  }

  asked(verb: 'read' | 'create' | 'update' | 'watch', name: string): Asked {
    return {
      what: `${verb} lease ${this.namespace}/${name}`,
      namespace: this.namespace,
      isWrite: verb === 'create' || verb === 'update',
    };
  }

  #path(): string {
    return `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(this.namespace)}/leases`;
  }

  #pathOf(name: string): string {
    return `${this.#path()}/${encodeURIComponent(name)}`;
  }

  async #exchange(asked: Asked, request: Omit<KubernetesRequest, 'headers' | 'stream'>): Promise<Answer> {
    const headers = request.body === null ? { accept: JSON_TYPE } : { accept: JSON_TYPE, 'content-type': JSON_TYPE };
    const response = await this.#send(asked, { ...request, headers, stream: false });
    try {
      return await readAnswer(response);
    } catch (error) {
      throw noAnswer(asked, error, asked.isWrite); // the request arrived
    }
  }

  async #send(asked: Asked, request: KubernetesRequest): Promise<KubernetesResponse> {
    if (request.signal.aborted) throw noAnswer(asked, request.signal.reason, false);
    try {
      return await this.#transport.send(request);
    } catch (error) {
      throw noAnswer(asked, error, asked.isWrite);
    }
  }
}

/** @param mayBeWritten if the error does not know better. */
export function noAnswer(asked: Asked, error: unknown, mayBeWritten: boolean): LeaseStoreError {
  const known = error instanceof LeaseStoreError ? error : undefined;
  const why = error instanceof Error ? error.message : String(error);
  return new LeaseStoreError(`kubernetesLease: could not ${asked.what}: ${why}`, {
    fault: known?.fault ?? 'unreachable',
    mayBeWritten: asked.isWrite && (known?.mayBeWritten ?? mayBeWritten),
    retryAfterMs: known?.retryAfterMs,
    cause: known?.cause ?? error,
  });
}
