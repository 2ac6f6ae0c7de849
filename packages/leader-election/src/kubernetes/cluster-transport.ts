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
   * Sends once; and once more if the server refused the credentials (401: nothing was done) or its certificate is not trusted
   * (nothing was sent), and others have been laid down meanwhile. With the same ones it would come to the same.
   */
  async send(request: KubernetesRequest): Promise<KubernetesResponse> {
    const cluster = await this.#source.present(request.signal);
    const first = await this.#attempt(cluster, request);
    const refused = first instanceof NoAnswer || first.status === 401;
    const other = refused ? await this.#source.otherThan(cluster, request.signal) : undefined;
    if (other === undefined) {
      if (first instanceof NoAnswer) throw first;
      return first;
    }
    if (!(first instanceof NoAnswer)) await readAnswer(first); // to its end, so that the connection can be used again
    return this.#connectionsTo(other).send(request, other.token);
  }

  /** @returns the error if the server's certificate is not trusted; others are thrown. */
  async #attempt(cluster: Cluster, request: KubernetesRequest): Promise<KubernetesResponse | NoAnswer> {
    try {
      return await this.#connectionsTo(cluster).send(request, cluster.token);
    } catch (error) {
      if (error instanceof NoAnswer && error.untrusted) return error;
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
