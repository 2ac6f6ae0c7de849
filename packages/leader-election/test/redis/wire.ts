import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/**
 * As much of a Redis server as a real client needs to connect, to listen, and to be told that there is no lease: for what the libraries
 * themselves do when a connection is lost.
 */
export class WireServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** How many were ever accepted. */
  connections = 0;
  /** Answers scripts as a replica does. */
  isReplica = false;

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => this.#accept(socket));
  }

  static async start(): Promise<WireServer> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new WireServer(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends all connections; new ones are accepted. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.drop();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(socket: Socket): void {
    this.connections += 1;
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {});
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      for (let command = commandIn(text); command !== undefined; command = commandIn(text)) {
        text = text.slice(command.length);
        socket.write(answer(command.words, this.isReplica));
      }
    });
  }
}

/** The first whole command of a stream, of ASCII alone. */
function commandIn(text: string): { words: readonly string[]; length: number } | undefined {
  const [, count] = /^\*(\d+)\r\n/.exec(text) ?? [];
  if (count === undefined) return undefined;
  const words: string[] = [];
  let at = text.indexOf('\n') + 1;
  while (words.length < Number(count)) {
    const [head, length] = /^\$(\d+)\r\n/.exec(text.slice(at)) ?? [];
    if (head === undefined) return undefined;
    const begin = at + head.length;
    at = begin + Number(length) + 2;
    if (at > text.length) return undefined;
    words.push(text.slice(begin, at - 2));
  }
  return { words, length: at };
}

function answer([name = '', ...rest]: readonly string[], isReplica: boolean): string {
  switch (name.toLowerCase()) {
    case 'eval':
      if (isReplica) return "-READONLY You can't write against a read only replica.\r\n";
      return `*3\r\n${bulk(rest[2]!)}$-1\r\n${bulk('-2')}`;
    case 'subscribe':
    case 'unsubscribe':
      return `*3\r\n${bulk(name.toLowerCase())}${bulk(rest[0]!)}:1\r\n`;
    default:
      return '+OK\r\n';
  }
}

function bulk(text: string): string {
  return `$${text.length}\r\n${text}\r\n`;
}
