import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer as createRawServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** As text. */
  readonly body: string;
}

export interface TestServer {
  readonly origin: string;
  /** Requests read to their end, in order. */
  readonly seen: Seen[];
  /** How many connections were ever made. */
  readonly connections: number;
  /** Answers whose connection closed before they were finished. Clients like to connect anew at once, so closed connections say less. */
  readonly abandoned: number;
}

/** An HTTP server on a free port of loopback, for one test. It answers once the whole request has been read. */
export async function serve(answer: (request: Seen, response: ServerResponse) => void): Promise<TestServer> {
  const seen: Seen[] = [];
  let abandoned = 0;
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => {}); // the client went away
    response.on('close', () => (abandoned += response.writableFinished ? 0 : 1));
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      const one: Seen = { method, path, headers, body: Buffer.concat(chunks).toString() };
      seen.push(one);
      answer(one, response);
    });
  };
  const server = createServer({ keepAliveTimeout: 60_000 }, listener);
  onTestFinished(() => server.closeAllConnections());
  return listening(server, seen, () => abandoned);
}

/** A server that is handed the bare connections, for misbehaviour that HTTP has no word for. */
export async function serveRaw(connected: (socket: Socket, count: number) => void): Promise<TestServer> {
  let count = 0;
  const server = createRawServer((socket) => {
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    connected(socket, ++count);
  });
  return listening(server, [], () => 0);
}

async function listening(server: Server, seen: Seen[], abandoned: () => number): Promise<TestServer> {
  let connections = 0;
  server.on('connection', () => connections++);
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    get connections() {
      return connections;
    },
    get abandoned() {
      return abandoned();
    },
  };
}

/** An address where nobody listens: a server's, after it has closed. */
export async function closedOrigin(): Promise<string> {
  const server = createRawServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

/** Answers with these statuses one after another, the last one for ever, each with a short body. */
export const statuses =
  (...all: number[]): ((request: Seen, response: ServerResponse) => void) =>
  (_request, response) => {
    response.statusCode = all.length > 1 ? all.shift()! : all[0]!;
    response.end(`status ${response.statusCode}`);
  };

/**
 * Resolves when `holds` does, looking again at every turn of the event loop, after `poke`: for facts about sockets and garbage, which
 * have no promise. Ends with the test, so that one which fails does not go on for ever.
 */
export async function until(holds: () => boolean, poke: () => void = () => {}): Promise<void> {
  let over = false;
  onTestFinished(() => void (over = true));
  while (!holds()) {
    if (over) throw new Error('the test is over, and this never held');
    poke();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** What it rejects with; to be begun before what makes it reject. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => Promise.reject(new Error('it resolved')),
    (error: unknown) => error,
  );
}
