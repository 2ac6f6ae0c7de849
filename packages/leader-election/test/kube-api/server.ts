import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { Faults } from './faults.ts';
import type { Fault, RawReply } from './faults.ts';
import { LeaseResource } from './lease-resource.ts';
import type { LeaseRequest } from './lease-resource.ts';
import { LeaseStorage } from './lease-storage.ts';
import { Refused, unexpected } from './statuses.ts';
import type { ObjectReply } from './statuses.ts';
import { authorize, Users } from './users.ts';
import { WatchStream } from './watch-stream.ts';
import type { Certificate } from './x509.ts';

export interface KubeApiOptions {
  /** With a certificate it speaks TLS. */
  readonly certificate?: Certificate;
  /** The CA of client certificates. */
  readonly clientCa?: string;
  /** How long a second of `timeoutSeconds` is. @default 1000 */
  readonly secondMs?: number;
}

/** A request as it came. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/**
 * An API server for Leases that answers as a real one was recorded to (Kubernetes 1.20, with the fields that came in 1.31), and does
 * what goes wrong with one when a test asks for it.
 */
export class KubeApi {
  readonly storage = new LeaseStorage();
  readonly users = new Users();
  readonly namespaces = new Set(['default', 'kube-system']);
  /** All requests, in their order. */
  readonly seen: Seen[] = [];
  readonly watches = new Set<WatchStream>();
  /** Leaves out the uid of what is sent, so that a PUT of what was deleted makes it anew. */
  forgetUids = false;
  /** Connections ever made; with TLS, those whose handshake was done. */
  connections = 0;
  readonly #leases = new LeaseResource(this.storage, this.namespaces);
  readonly #faults = new Faults();
  readonly #options: KubeApiOptions;
  readonly #server: ReturnType<typeof createServer> | ReturnType<typeof createSecureServer>;
  readonly #sockets = new Set<Socket>();
  /** Of requests that were not answered yet. */
  #open = 0;

  constructor(options: KubeApiOptions) {
    this.#options = options;
    const { certificate, clientCa } = options;
    const listener: RequestListener = (request, response) => void this.#serve(request, response);
    const mutual = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: false };
    this.#server =
      certificate === undefined
        ? createServer(listener)
        : createSecureServer({ cert: certificate.certificate, key: certificate.key, ...mutual }, listener);
    this.#server.keepAliveTimeout = 60_000;
    this.#server.on(certificate === undefined ? 'connection' : 'secureConnection', () => (this.connections += 1));
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  async listen(port = 0): Promise<void> {
    await new Promise<void>((listening) => this.#server.listen(port, '127.0.0.1', listening));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http${this.#options.certificate === undefined ? '' : 's'}://127.0.0.1:${this.port}`;
  }

  /** Requests under way, watches included. */
  get open(): number {
    return this.#open;
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  /** Something is to go wrong with the next request of its kind. */
  fault(fault: Fault): void {
    this.#faults.add(fault);
  }

  /** Another certificate for connections made from now on; those there are, are closed. */
  present({ certificate, key }: Certificate): void {
    if ('setSecureContext' in this.#server) this.#server.setSecureContext({ cert: certificate, key });
    this.breakConnections();
  }

  breakConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Closes everything: a server that is stopped or ends. */
  async close(): Promise<void> {
    this.breakConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#open += 1;
    response.on('close', () => (this.#open -= 1));
    request.on('error', () => {});
    let body = '';
    try {
      for await (const chunk of request.setEncoding('utf8')) body += chunk as string;
    } catch {
      return; // nobody waits for an answer any more
    }
    const url = new URL(request.url ?? '', 'http://server');
    this.seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
    const isWatch = /^(true|1)$/.test(url.searchParams.get('watch') ?? '');
    const fault = this.#faults.take(isWatch ? 'WATCH' : (request.method as Fault['on']));
    await fault?.before;
    if (fault?.instead !== undefined) return send(response, fault.instead);
    const done = this.#handle(request, url, body, isWatch);
    await fault?.after;
    if (fault?.reply !== undefined) return send(response, fault.reply);
    if (typeof done === 'function') return done(response);
    send(response, done);
  }

  #handle(request: IncomingMessage, url: URL, body: string, isWatch: boolean): RawReply | ((response: ServerResponse) => void) {
    try {
      const path = /^\/apis\/coordination\.k8s\.io\/v1\/namespaces\/([^/]+)\/leases(?:\/([^/]+))?$/.exec(url.pathname);
      const certificate = (request.socket as Partial<TLSSocket>).getPeerCertificate?.()?.subject?.CN;
      const authorized = (request.socket as Partial<TLSSocket>).authorized === true;
      const user = this.users.identify(request.headers.authorization, authorized ? String(certificate) : undefined);
      if (path === null)
        return { status: 404, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: '404 page not found\n' };
      const [namespace, inPath] = [decodeURIComponent(path[1]!), decodeURIComponent(path[2] ?? '')];
      const selected = /^metadata\.name=(.*)$/.exec(url.searchParams.get('fieldSelector') ?? '')?.[1];
      const verb = verbOf(request.method ?? '', inPath !== '', isWatch);
      authorize(user, verb, namespace, inPath === '' ? selected : inPath);
      if (verb === 'watch') return (response) => this.#watch(response, url.searchParams, namespace, selected);
      const lease: LeaseRequest = {
        namespace,
        name: inPath,
        body: this.forgetUids ? body.replace(/"uid":"[^"]*",?/, '') : body,
        contentType: request.headers['content-type'] ?? '',
        manager: (request.headers['user-agent'] ?? '').split('/', 1)[0]!,
        dryRun: url.searchParams.get('dryRun') === 'All',
      };
      return this.#leases[verb](lease);
    } catch (error) {
      return error instanceof Refused ? error.reply : unexpected(String(error)).reply;
    }
  }

  #watch(response: ServerResponse, parameters: URLSearchParams, namespace: string, name: string | undefined): void {
    const version = parameters.get('resourceVersion') ?? '';
    if (!/^\d*$/.test(version)) {
      const why = `resourceVersion: Invalid value: "${version}": strconv.ParseUint: parsing "${version}": invalid syntax`;
      return send(response, unexpected(why).reply);
    }
    const seconds = parameters.get('timeoutSeconds');
    const watch = new WatchStream(response, this.storage, {
      namespace,
      name,
      revision: version === '' ? undefined : Number(version),
      bookmarks: parameters.get('allowWatchBookmarks') === 'true',
      lengthMs: seconds === null ? undefined : Number(seconds) * (this.#options.secondMs ?? 1000),
    });
    this.watches.add(watch);
    response.on('close', () => this.watches.delete(watch));
  }
}

export async function startKubeApi(options: KubeApiOptions = {}): Promise<KubeApi> {
  const server = new KubeApi(options);
  await server.listen();
  return server;
}

function verbOf(
  method: string,
  named: boolean,
  isWatch: boolean,
): 'watch' | 'get' | 'list' | 'create' | 'update' | 'patch' | 'delete' {
  if (isWatch) return 'watch';
  switch (method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return 'delete';
    default:
      return named ? 'get' : 'list';
  }
}

function send(response: ServerResponse, reply: RawReply | ObjectReply | 'drop'): void {
  if (reply === 'drop') return void response.destroy();
  const headers = 'headers' in reply ? reply.headers : undefined;
  const isText = typeof reply.body === 'string';
  response.writeHead(reply.status, { 'content-type': isText ? 'text/plain' : 'application/json', ...headers });
  if ('breakOff' in reply && reply.breakOff) return void response.write(String(reply.body), () => response.destroy());
  response.end(isText ? reply.body : `${JSON.stringify(reply.body ?? {})}\n`);
}
