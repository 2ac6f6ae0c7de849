import { LeaseStoreError } from '../store.ts';
import { readAnswer } from './answer.ts';
import type { ClusterSource } from './cluster-source.ts';
import { sameConnection } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { NoAnswer } from './no-answer.ts';
import { NodeConnections } from './node-connections.ts';
import type { KubernetesRequest, KubernetesResponse, KubernetesTransport } from './transport.ts';

/** The built-in way to the API server: as the configuration says that is found on the machine. */
export class ClusterTransport implements KubernetesTransport {
  readonly #source: ClusterSource;
  #used: { readonly cluster: Cluster; readonly connections: NodeConnections } | undefined = undefined;

  constructor(source: ClusterSource) {
    this.#source = source;
  }

  /** @throws {LeaseStoreError} if the configuration names none. */
  async namespace(signal: AbortSignal): Promise<string> {
    const { namespace } = await this.#source.present(signal);
    if (namespace !== undefined) return namespace;
    const message = 'the service account of the pod has no readable namespace; give the option namespace';
    throw new LeaseStoreError(message, { fault: 'invalid', mayBeWritten: false });
  }

  /**
   * Sends once; and once more if the server refused the credentials (401: nothing was done), or its certificate is not trusted or our
   * own cannot be used (nothing was sent), and others have been laid down meanwhile. With the same ones it would come to the same.
   */
  async send(request: KubernetesRequest): Promise<KubernetesResponse> {
    const cluster = await this.#source.present(request.signal);
    const first = await this.#attempt(cluster, request);
    if (!(first instanceof NoAnswer) && first.status !== 401) return first;
    const other = await this.#source.otherThan(cluster, request.signal);
    if (other === undefined) return this.#asItIs(first);
    await readToEnd(first);
    return this.#connectionsTo(other).send(request, other.token);
  }

  /** @throws {LeaseStoreError} with why there are no others, if they could not be read. */
  async #asItIs(first: KubernetesResponse | NoAnswer): Promise<KubernetesResponse> {
    const { trouble } = this.#source;
    const unsent = first instanceof NoAnswer ? first : undefined;
    if (trouble !== undefined) {
      await readToEnd(first);
      throw new LeaseStoreError(`${unsent?.message ?? '401: the credentials were refused'}; no others: ${trouble.message}`, {
        fault: unsent?.fault ?? 'unauthorized',
        mayBeWritten: unsent?.mayBeWritten ?? false,
        cause: trouble,
      });
    }
    if (first instanceof NoAnswer) throw first;
    return first;
  }

  /** @returns the error if it is for what is configured; others are thrown. */
  async #attempt(cluster: Cluster, request: KubernetesRequest): Promise<KubernetesResponse | NoAnswer> {
    try {
      return await this.#connectionsTo(cluster).send(request, cluster.token);
    } catch (error) {
      if (error instanceof NoAnswer && error.ofConfiguration) return error;
      throw error;
    }
  }

  /** The connections stay while nothing changes but the token. */
  #connectionsTo(cluster: Cluster): NodeConnections {
    if (this.#used !== undefined && sameConnection(this.#used.cluster, cluster)) return this.#used.connections;
    this.#used?.connections.retire();
    this.#used = { cluster, connections: new NodeConnections(cluster) };
    return this.#used.connections;
  }
}

/** So that the connection can be used again. What it says does not matter, nor whether it breaks off. */
async function readToEnd(answer: KubernetesResponse | NoAnswer): Promise<void> {
  if (!(answer instanceof NoAnswer)) await readAnswer(answer).catch(() => {});
}
