import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { once } from 'node:events';
import { Direction } from './direction.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What a network does to one member. */
export type Weather =
  | { readonly kind: 'fair' }
  /** Each way takes so much longer. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** Nothing gets through, and nobody is told: connections stand, new ones are accepted. What was sent arrives when it clears up. */
  | { readonly kind: 'silent' }
  /** Requests get through, answers do not; when it clears up the connections are reset, since a stream has no holes. */
  | { readonly kind: 'deaf' }
  /** Connections are reset, and so are new ones. */
  | { readonly kind: 'refusing' };

/** TCP between one member and its server, in whatever weather. */
export class Proxy {
  readonly #server: Server;
  readonly #target: Address;
  readonly #links = new Set<Link>();
  #weather: Weather = { kind: 'fair' };

  private constructor(server: Server, target: Address) {
    this.#server = server;
    this.#target = target;
    server.on('connection', (client) => this.#accept(client));
  }

  static async listen(target: Address): Promise<Proxy> {
    const server = createServer({ noDelay: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Proxy(server, target);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  set weather(weather: Weather) {
    this.#weather = weather;
    for (const link of this.#links) link.turn(weather);
  }

  /** Resets all connections; new ones are accepted as before. */
  reset(): void {
    for (const link of this.#links) link.reset();
  }

  async close(): Promise<void> {
    this.reset();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    if (this.#weather.kind === 'refusing') {
      client.on('error', () => {});
      client.resetAndDestroy();
      return;
    }
    const link: Link = new Link(client, this.#target, () => this.#links.delete(link));
    this.#links.add(link);
    link.turn(this.#weather);
  }
}

/** One connection. The way to the server is opened when the first byte is let through: a partition lasts for both ends. */
class Link {
  readonly #client: Socket;
  readonly #target: Address;
  readonly #gone: () => void;
  readonly #out: Direction;
  readonly #back: Direction;
  #server: Socket | undefined;
  #lossy = false;
  #weather: Weather = { kind: 'fair' };

  constructor(client: Socket, target: Address, gone: () => void) {
    this.#client = client;
    this.#target = target;
    this.#gone = gone;
    this.#out = new Direction((chunk) => this.#toServer(chunk));
    this.#back = new Direction((chunk) => (chunk === undefined ? this.#client.end() : void this.#client.write(chunk)));
    client.on('data', (chunk: Buffer) => this.#out.push(chunk));
    client.on('close', () => this.#out.push(undefined));
    client.on('error', () => {});
  }

  turn(weather: Weather): void {
    if (weather.kind === 'refusing' || this.#lossy) return this.reset();
    this.#weather = weather;
    for (const direction of [this.#out, this.#back]) {
      direction.held = weather.kind === 'silent';
      direction.delayMs = weather.kind === 'slow' ? weather.ms : 0;
    }
  }

  reset(): void {
    this.#out.close();
    this.#back.close();
    this.#client.resetAndDestroy();
    this.#server?.resetAndDestroy();
    this.#gone();
  }

  #toServer(chunk: Buffer | undefined): void {
    if (chunk === undefined) return this.#hangUp();
    this.#server ??= this.#dial();
    this.#server.write(chunk);
  }

  #dial(): Socket {
    const server = connect({ ...this.#target, noDelay: true });
    server.on('data', (chunk: Buffer) => this.#answer(chunk));
    server.on('close', () => this.#back.push(undefined));
    server.on('error', () => {});
    return server;
  }

  #answer(chunk: Buffer): void {
    if (this.#weather.kind === 'deaf') this.#lossy = true;
    else this.#back.push(chunk);
  }

  #hangUp(): void {
    this.#back.close();
    this.#server?.destroy();
    this.#gone();
  }
}
