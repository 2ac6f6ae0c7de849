import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Proxy } from './proxy.ts';

let server: Server;
let proxy: Proxy;
let received: string;
const sockets: Socket[] = [];

/** Answers every piece with the same in capitals. */
beforeEach(async () => {
  received = '';
  server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString();
      socket.write(chunk.toString().toUpperCase());
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await Proxy.listen({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await proxy.close();
  server.close();
});

/** A client, and what it was answered. */
async function client(): Promise<{ socket: Socket; answers: () => string; failure: () => string | undefined }> {
  const socket = connect(proxy.port, '127.0.0.1');
  sockets.push(socket);
  let [answers, failure] = ['', undefined as string | undefined];
  socket.on('data', (chunk: Buffer) => (answers += chunk.toString()));
  socket.on('error', ({ code }: NodeJS.ErrnoException) => (failure = code));
  await new Promise((resolve) => void socket.once('connect', resolve).once('close', resolve));
  return { socket, answers: () => answers, failure: () => failure };
}

test('in fair weather it lets everything through', async () => {
  const { socket, answers } = await client();
  socket.write('a');
  await expect.poll(answers).toBe('A');
});

test('silence keeps connections open, and delivers when it ends', async () => {
  const before = await client();
  proxy.weather = { kind: 'silent' };
  const during = await client();
  before.socket.write('a');
  during.socket.write('b');
  const fair = await Proxy.listen({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  const other = connect(fair.port, '127.0.0.1').on('error', () => {});
  other.write('c');
  await expect.poll(() => received).toBe('c'); // what was sent before it has had its time
  expect([before.answers(), during.answers(), before.failure(), during.failure()]).toEqual(['', '', undefined, undefined]);

  proxy.weather = { kind: 'fair' };

  await expect.poll(() => before.answers() + during.answers()).toBe('AB');
  await fair.close();
});

test('deaf to answers, requests arrive; the connection is reset when it ends', async () => {
  const { socket, answers, failure } = await client();
  proxy.weather = { kind: 'deaf' };
  socket.write('a');
  await expect.poll(() => received).toBe('a');

  proxy.weather = { kind: 'fair' };

  await expect.poll(failure).toBe('ECONNRESET');
  expect(answers()).toBe('');
});

test('refusing, connections are reset, and so are new ones', async () => {
  const before = await client();
  proxy.weather = { kind: 'refusing' };
  const during = await client();
  await expect.poll(before.failure).toBe('ECONNRESET');
  await expect.poll(during.failure).toBe('ECONNRESET');

  proxy.weather = { kind: 'fair' };
  const after = await client();
  after.socket.write('a');
  await expect.poll(after.answers).toBe('A');
});

test('slow, it keeps the order', async () => {
  proxy.weather = { kind: 'slow', ms: 30 };
  const { socket, answers } = await client();
  const sentMs = performance.now();
  socket.write('a');
  proxy.weather = { kind: 'fair' };
  socket.write('b');

  await expect.poll(answers).toBe('AB');
  expect(performance.now() - sentMs).toBeGreaterThan(25);
});

test('a client that leaves is noticed by the server, in silence only afterwards', async () => {
  const { socket } = await client();
  socket.write('a');
  await expect.poll(() => received).toBe('a');
  const [atServer] = sockets.filter((one) => one !== socket) as [Socket];
  proxy.weather = { kind: 'silent' };
  socket.destroy();
  await once(socket, 'close');
  expect(atServer.destroyed).toBe(false);

  proxy.weather = { kind: 'fair' };
  await expect.poll(() => atServer.destroyed).toBe(true);
});
