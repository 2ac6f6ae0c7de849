import { describe, expect, test } from 'vitest';
import { runModule } from './child.ts';
import { builtIn } from './dispatchers.ts';
import { serve, statuses } from './servers.ts';

const nodeMajor = Number(process.versions.node.split('.')[0]);

test('each line of Node has an undici of its own inside', () => {
  const inside: Record<number, number> = { 22: 6, 24: 7, 26: 8 };

  expect(builtIn).toBe(inside[nodeMajor]);
});

describe("Node's own fetch, given an agent of undici 8", () => {
  const program = (agent: string): string => `
    import { Agent, interceptors } from 'undici';
    const said = await fetch(process.argv[1], { dispatcher: ${agent} }).then(
      (response) => response.text(),
      ({ name, cause }) => ({ name, code: cause.code, message: cause.message }),
    );
    console.log(JSON.stringify(said));
  `;

  test('refuses it before Node 26, in words only its authors understand, and works with it since', async () => {
    const server = await serve(statuses(200));

    const { printed, exitCode } = await runModule(program('new Agent()'), server.origin);

    const refusal = { name: 'TypeError', code: 'UND_ERR_INVALID_ARG', message: 'invalid onRequestStart method' };
    expect(exitCode).toBe(0);
    expect(printed).toEqual(builtIn < 8 ? refusal : 'status 200');
    expect(server.seen).toHaveLength(builtIn < 8 ? 0 : 1);
  }, 20_000);

  test('never settles before Node 26 if an interceptor wraps the handler, although the server was asked, and works since', async () => {
    const server = await serve(statuses(200));

    const { printed, exitCode } = await runModule(program('new Agent().compose(interceptors.retry())'), server.origin);

    // 13: the process ended with the promise pending, for nothing was left in it that could settle it.
    expect({ exitCode, printed }).toEqual(
      builtIn < 8 ? { exitCode: 13, printed: undefined } : { exitCode: 0, printed: 'status 200' },
    );
    expect(server.seen).toHaveLength(1);
  }, 20_000);

  test('works with it when it is set as the global dispatcher, interceptors and all', async () => {
    const server = await serve(statuses(503, 200));

    const { printed } = await runModule(
      `
        import { Agent, interceptors, setGlobalDispatcher } from 'undici';
        let dispatched = 0;
        const counting = (dispatch) => (options, handler) => (dispatched++, dispatch(options, handler));
        setGlobalDispatcher(new Agent().compose(counting, interceptors.retry({ minTimeout: 0 })));
        const response = await fetch(process.argv[1]);
        console.log(JSON.stringify({ said: await response.text(), dispatched }));
      `,
      server.origin,
    );

    expect(printed).toEqual({ said: 'status 200', dispatched: 2 });
    expect(server.seen).toHaveLength(2);
  }, 20_000);
});

describe('importing undici 8', () => {
  const globals = `const globals = () => [1, 2].map((n) => globalThis[Symbol.for('undici.globalDispatcher.' + n)]);`;

  test("puts an agent of its own under both global symbols, and so beneath Node's own fetch", async () => {
    const { origin } = await serve(statuses(200));

    const { printed } = await runModule(
      `
        ${globals}
        const before = globals().map((one) => one === undefined);
        const { Agent, Dispatcher1Wrapper } = await import('undici');
        const [legacy, modern] = globals();
        let dispatched = 0;
        const { dispatch } = modern;
        modern.dispatch = (...all) => (dispatched++, dispatch.apply(modern, all));
        await (await fetch(process.argv[1])).text();
        const kinds = [legacy instanceof Dispatcher1Wrapper, modern instanceof Agent];
        console.log(JSON.stringify({ before, kinds, dispatched }));
      `,
      origin,
    );

    expect(printed).toEqual({ before: [true, true], kinds: [true, true], dispatched: 1 });
  }, 20_000);

  test('after a fetch replaces what that fetch used on Node 22 alone: those inside 24 and 26 hold the newer symbol already', async () => {
    const { origin } = await serve(statuses(200));

    const { printed } = await runModule(
      `
        ${globals}
        await (await fetch(process.argv[1])).text();
        const before = globals();
        const { Agent } = await import('undici');
        const now = globals();
        console.log(JSON.stringify({ kept: now.map((one, i) => one === before[i]), ours: now[1] instanceof Agent }));
      `,
      origin,
    );

    expect(printed).toEqual(builtIn === 6 ? { kept: [false, false], ours: true } : { kept: [true, true], ours: false });
  }, 20_000);
});
