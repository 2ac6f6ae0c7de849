import type { Agent as HttpAgent, ClientRequest, IncomingMessage } from 'node:http';
import type { Cluster } from './cluster.ts';
import { NoAnswer } from './no-answer.ts';
import type { KubernetesRequest, KubernetesResponse } from './transport.ts';
import { builtinHttp } from '../builtin-http.ts';
import { watchConnection } from '../node-connected.ts';

/** After so long without a packet the kernel asks whether the other side of a watch is still there. */
const WATCH_KEEP_ALIVE_MS = 15_000;

/**
 * Connections to one server with one set of certificates. Requests have a connection of their own that stays open, so that none
 * costs a handshake; a watch has another, on which the next watch follows. Of each kind there are as many as are in use at once:
 * with a limit, the watches of a few leases on one store would keep every read waiting for ever.
 */
export class NodeConnections {
  readonly #cluster: Cluster;
  readonly #agents: readonly [requests: HttpAgent, streams: HttpAgent];

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    const { ca, certificate, key, serverName, insecure } = cluster;
    const options = {
      keepAlive: true,
      maxFreeSockets: 1,
      ...(ca === undefined ? {} : { ca }),
      ...(certificate === undefined ? {} : { cert: certificate }),
      ...(key === undefined ? {} : { key }),
      ...(serverName === undefined ? {} : { servername: serverName }),
      rejectUnauthorized: !insecure,
    };
    const { Agent } = builtinHttp(isSecure(cluster));
    this.#agents = [new Agent(options), new Agent(options)];
  }

  /** @throws {NoAnswer} */
  async send(request: KubernetesRequest, token: string | undefined): Promise<KubernetesResponse> {
    const { body, stream } = request;
    const { server } = this.#cluster;
    const bytes = body === null ? undefined : Buffer.from(body);
    const outgoing = this.#begin(request, token, bytes?.length);
    return new Promise((resolve, reject) => {
      const connected = watchConnection(outgoing);
      outgoing.on('response', (incoming) => resolve(responseOf(incoming)));
      outgoing.on('error', (error) => reject(new NoAnswer(server, error, connected() ? 'sent' : 'unsent')));
      outgoing.setNoDelay(true);
      if (stream) outgoing.setSocketKeepAlive(true, WATCH_KEEP_ALIVE_MS);
      outgoing.end(bytes);
    });
  }

  /** @throws {NoAnswer} for a certificate that does not fit its key, as in the middle of a rotation, or a token that fits no header. */
  #begin(request: KubernetesRequest, token: string | undefined, length: number | undefined): ClientRequest {
    const { method, path, headers, signal, stream } = request;
    const { server } = this.#cluster;
    try {
      return builtinHttp(isSecure(this.#cluster)).request(new URL(server + path), {
        method,
        signal,
        agent: this.#agents[stream ? 1 : 0],
        headers: {
          ...headers,
          'user-agent': 'holdfast',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(length === undefined ? {} : { 'content-length': length }),
        },
      });
    } catch (error) {
      throw new NoAnswer(server, error as Error, 'unusable');
    }
  }

  /** Closes what is not in use; what is ends with its answer. */
  retire(): void {
    for (const agent of this.#agents) {
      agent.maxFreeSockets = 0;
      for (const sockets of Object.values(agent.freeSockets)) sockets?.forEach((socket) => socket.destroy());
    }
  }
}

function isSecure({ server }: Cluster): boolean {
  return server.startsWith('https:');
}

function responseOf(incoming: IncomingMessage): KubernetesResponse {
  return {
    status: incoming.statusCode ?? 0,
    headers: {
      get(name) {
        const value = incoming.headers[name];
        return value === undefined ? null : String(value);
      },
    },
    body: incoming,
  };
}
