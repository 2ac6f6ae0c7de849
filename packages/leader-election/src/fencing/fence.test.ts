import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { expressFence } from './express-fence.ts';
import { fastifyFence } from './fastify-fence.ts';
import { fenceGate } from './fence-gate.ts';
import { fenceGates } from './fence-gates.ts';
import { fence } from './fence.ts';
import type { FenceOptions } from './fence.ts';
import { fencingToken } from './fencing-token.ts';

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly type: string | null;
}

/** A server with the middleware before a handler that answers `done`; sends one request with this header to it. */
async function serve(options: FenceOptions<IncomingMessage>): Promise<(token?: string, path?: string) => Promise<Answer>> {
  const middleware = expressFence(options);
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    middleware(request, response, () => response.end('done'));
  });
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return async (token, path = '/') => {
    const headers = token === undefined ? {} : { 'fencing-token': token };
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers });
    return { status: answer.status, body: await answer.text(), type: answer.headers.get('content-type') };
  };
}

const done = { status: 200, body: 'done' };

test('lets the leader through over HTTP, and refuses the one before it with the highest token seen', async () => {
  const send = await serve({ gate: fenceGate() });

  expect(await send('41')).toMatchObject(done);
  expect(await send('42')).toMatchObject(done);
  const late = await send('41');

  expect(late).toMatchObject({ status: 409, type: 'application/json; charset=utf-8' });
  expect(JSON.parse(late.body)).toEqual({ error: 'stale_fencing_token', highest: '42' });
  expect(await send('42')).toMatchObject(done);
});

test.each(['', 'x', '-1', '1, 2', '1'.repeat(21)])('answers 400 to the token %j, and learns nothing from it', async (token) => {
  const gate = fenceGate({ highest: 1n });
  const send = await serve({ gate });

  const { status, body } = await send(token);

  expect(status).toBe(400);
  expect(JSON.parse(body)).toEqual({ error: 'malformed_fencing_token' });
  expect(gate.highest).toBe(1n);
});

test('answers 428 to a request without a token', async () => {
  const send = await serve({ gate: fenceGate() });

  const { status, body } = await send();

  expect(status).toBe(428);
  expect(JSON.parse(body)).toEqual({ error: 'missing_fencing_token' });
});

test('lets a request without a token through where none is required, but no stale one', async () => {
  const send = await serve({ gate: fenceGate({ highest: 5n }), required: false });

  expect(await send()).toMatchObject(done);
  expect(await send('4')).toMatchObject({ status: 409 });
  expect(await send('four')).toMatchObject({ status: 400 });
});

test('finds the gate of each election by the request', async () => {
  const gates = fenceGates();
  const send = await serve({ gate: (request) => gates.of(request.url ?? '') });

  expect(await send('9', '/shard-1')).toMatchObject(done);
  expect(await send('3', '/shard-2')).toMatchObject(done);
  expect(await send('8', '/shard-1')).toMatchObject({ status: 409 });
});

test('asks for no gate before there is a token to ask it about', () => {
  const check = fence({ gate: () => expect.fail('not asked') });

  expect(check({}, undefined)).toMatchObject({ status: 428 });
  expect(check({ 'fencing-token': '?' }, undefined)).toMatchObject({ status: 400 });
});

test('reads the headers of fetch too', () => {
  const check = fence({ gate: fenceGate({ highest: 5n }) });

  expect(check(fencingToken.write(new Headers(), 5n), undefined)).toBeUndefined();
  expect(check(fencingToken.write(new Headers(), 4n), undefined)).toMatchObject({ status: 409, body: { highest: '5' } });
});

test('answers as a Fastify hook does: a reply that is returned once it is sent, nothing otherwise', async () => {
  const hook = fastifyFence({ gate: fenceGate({ highest: 5n }) });
  const ask = async (token: string): Promise<{ returned: boolean; did: unknown[] }> => {
    const did: unknown[] = [];
    const note = (...what: unknown[]): unknown => did.push(what);
    const reply = {
      code: (status: number) => note('code', status),
      header: (name: string, value: string) => note('header', name, value),
      send: (body: object) => note('send', body),
    };
    return { returned: (await hook({ headers: { 'fencing-token': token } }, reply)) === reply, did };
  };

  expect(await ask('5')).toEqual({ returned: false, did: [] });
  expect(await ask('4')).toEqual({
    returned: true,
    did: [
      ['code', 409],
      ['header', 'cache-control', 'no-store'],
      ['send', { error: 'stale_fencing_token', highest: '5' }],
    ],
  });
});

test.each([
  [{}, 'gate'],
  [{ gate: null }, 'gate'],
  [{ gate: { admit: () => true } }, 'gate'],
  [{ gate: fenceGate(), required: 'yes' }, 'required'],
  [{ gates: fenceGate() }, 'gates'],
])('refuses options that cannot work (%#)', (options, option) => {
  const given = options as FenceOptions;
  const makes = [() => fence(given), () => expressFence(given), () => fastifyFence(given)];

  for (const make of makes) expect(make).toThrow(expect.objectContaining({ code: 'HOLDFAST_CONFIG', option }));
});
