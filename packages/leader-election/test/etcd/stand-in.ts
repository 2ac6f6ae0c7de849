import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { KeySpace } from './key-space.ts';
import type { Txn } from './key-space.ts';

/** A user who may do everything, or nothing. */
export interface StandInUser {
  readonly password: string;
  readonly mayDo: boolean;
}

/** What a test has the server do instead of answering: it answers itself, or not at all, and says that it has. */
export type Trouble = (path: string, response: ServerResponse, keys: KeySpace) => boolean;

/**
 * One member of etcd 3.4 as its JSON gateway shows it, for machines without an etcd: the same tests run against both. Ranges of one
 * key, transactions that compare mod_revisions and put, watches of one key, and users.
 */
export class EtcdStandIn {
  readonly keys: KeySpace;
  /** Authentication is on if there are any. */
  readonly users = new Map<string, StandInUser>();
  readonly tokens = new Map<string, StandInUser>();
  /** The paths that were asked for, in order. */
  readonly asked: string[] = [];
  trouble: Trouble = () => false;
  readonly #scheme: 'http' | 'https';
  readonly #server: Server;

  /** @param tls if it is to speak TLS. */
  constructor(keys: KeySpace = new KeySpace(), tls?: ServerOptions) {
    this.keys = keys;
    const take = (request: IncomingMessage, response: ServerResponse): void => void this.#take(request, response);
    this.#scheme = tls === undefined ? 'http' : 'https';
    this.#server = tls === undefined ? createServer(take) : createSecureServer(tls, take);
  }

  get endpoint(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  /** Ends every connection too. */
  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse(await text(request)) as Record<string, unknown>;
    const path = request.url ?? '';
    this.asked.push(path);
    if (this.trouble(path, response, this.keys)) return;
    if (path === '/v3/auth/authenticate') return this.#authenticate(body as { name: string; password: string }, response);
    const refusal = this.#refusal(request.headers.authorization);
    if (path === '/v3/watch') return this.#watch(body as unknown as Watch, response, refusal !== undefined);
    if (refusal !== undefined) return answer(response, refusal);
    if (path === '/v3/kv/range') return answer(response, [200, this.#range(body as { key: string })]);
    if (path === '/v3/kv/txn') return answer(response, [200, this.#txn(body)]);
    response.writeHead(404).end('Not Found');
  }

  #refusal(token: string | undefined): Said | undefined {
    if (this.users.size === 0) return undefined;
    if (token === undefined) return said(400, 3, 'etcdserver: user name is empty');
    const user = this.tokens.get(token);
    if (user === undefined) return said(401, 16, 'etcdserver: invalid auth token');
    return user.mayDo ? undefined : said(403, 7, 'etcdserver: permission denied');
  }

  #authenticate({ name, password }: { name: string; password: string }, response: ServerResponse): void {
    if (this.users.size === 0) return answer(response, said(400, 9, 'etcdserver: authentication is not enabled'));
    const user = this.users.get(name);
    if (user?.password !== password) {
      return answer(response, said(400, 3, 'etcdserver: authentication failed, invalid user ID or password'));
    }
    const token = `token-${this.asked.length}`;
    this.tokens.set(token, user);
    answer(response, [200, { header: this.#header(), token }]);
  }

  #range({ key }: { key: string }): object {
    const entry = this.keys.get(key);
    return { header: this.#header(), ...(entry === undefined ? {} : { kvs: [entry], count: '1' }) };
  }

  #txn(txn: Txn): object {
    const succeeded = this.keys.txn(txn);
    return { header: this.#header(), ...(succeeded ? { succeeded } : {}) };
  }

  #watch({ create_request }: Watch, response: ServerResponse, refused: boolean): void {
    const tell = (result: object): void =>
      void response.write(`${JSON.stringify({ result: { header: this.#header(), ...result } })}\n`);
    response.writeHead(200, { 'content-type': 'application/json' });
    tell({ created: true });
    // 3.4 says so of a token that has run out, too.
    if (refused)
      return tell({ canceled: true, cancel_reason: 'rpc error: code = PermissionDenied desc = etcdserver: permission denied' });
    let next = Number(create_request.start_revision);
    if (next <= this.keys.compacted) return tell({ canceled: true, compact_revision: `${this.keys.compacted}` });
    const send = (): void => {
      for (const events of this.keys.since(create_request.key, next)) tell({ events });
      next = this.keys.revision + 1;
    };
    send();
    response.on('close', this.keys.onCommit(send));
  }

  #header(): object {
    return { cluster_id: '1', member_id: '2', revision: `${this.keys.revision}`, raft_term: '2' };
  }
}

interface Watch {
  readonly create_request: { readonly key: string; readonly start_revision: string };
}

type Said = readonly [status: number, body: object];

/** An error as the gateway of 3.4 writes it. */
export function said(status: number, code: number, message: string): Said {
  return [status, { error: message, message, code }];
}

export function answer(response: ServerResponse, [status, body]: Said): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
