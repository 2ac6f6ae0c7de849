import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** Answers `METHOD /path` with what the route gives; 404 for others, 400 for a body that is not JSON, 500 when the route throws. */
export type Routes = Readonly<Record<string, (body: unknown, request: IncomingMessage) => Reply | Promise<Reply>>>;

/** Serves JSON on a free loopback port. */
export async function serveJson(routes: Routes): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => void handle(routes, request, response));
  // Longer than any client keeps an idle connection, so that none is closed just as it is used again.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function handle(routes: Routes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, body } = await answer(routes, request);
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}

async function answer(routes: Routes, request: IncomingMessage): Promise<Reply> {
  const route = routes[`${request.method} ${request.url}`];
  if (!route) return { status: 404, body: { error: 'not found', try: Object.keys(routes) } };
  try {
    return await route(await readJson(request), request);
  } catch (error) {
    return { status: error instanceof SyntaxError ? 400 : 500, body: { error: (error as Error).message } };
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  request.setEncoding('utf8');
  for await (const chunk of request) text += chunk;
  return text === '' ? undefined : JSON.parse(text);
}
