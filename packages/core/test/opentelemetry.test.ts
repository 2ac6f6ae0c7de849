import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SpanStatusCode, context } from '@opentelemetry/api';
import type { Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import type { Span, SpanProcessor } from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Again, Outcome, hub, pipeline, publish } from '../src/index.ts';
import type { EventBase, Guard, GuardCall } from '../src/index.ts';
import { VirtualClock, scripted } from '../src/testing.ts';
import { traceCalls } from './spans.ts';

declare module '@holdfast/core' {
  interface HoldfastEvents {
    'test.repeated': EventBase & { readonly waitMs: number };
    'test.rescued': EventBase & { readonly with: string };
  }
}

let clock: VirtualClock;
let tracer: Tracer;
let spans: Span[];
let stop: () => void;

beforeEach(() => {
  clock = new VirtualClock();
  spans = [];
  const keep: SpanProcessor = {
    onStart: (span) => void spans.push(span),
    onEnd() {},
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  tracer = new TracerProvider({ spanProcessors: [keep] }).getTracer('test');
  stop = traceCalls(tracer);
});
afterEach(() => {
  stop();
  context.disable();
});

/** Admits one call at a time. */
function queue(): Guard {
  const waiting: (() => void)[] = [];
  let busy = false;
  return {
    name: 'queue',
    enter(call) {
      if (!busy) return void (busy = true);
      return new Promise<void>((resolve, reject) => {
        waiting.push(resolve);
        call.onCancel((reason) => {
          waiting.splice(waiting.indexOf(resolve), 1);
          reject(reason);
        });
      });
    },
    exit() {
      const next = waiting.shift();
      if (next === undefined) busy = false;
      else next();
    },
  };
}

const ofCall = ({ id: callId, pipeline: name }: GuardCall) => ({ at: clock.now(), callId, pipeline: name });

/** Tries a second time, 10 ms later. */
const retry: Guard = {
  name: 'retry',
  async exit(call, { kind }, entered) {
    if (kind !== 'failure' || entered === 'second') return undefined;
    if (hub.active) publish({ type: 'test.repeated', waitMs: 10, ...ofCall(call) });
    await call.sleep(10);
    return new Again('second');
  },
};

const fallback: Guard = {
  name: 'fallback',
  exit(call, { kind }) {
    if (kind !== 'failure') return undefined;
    if (hub.active) publish({ type: 'test.rescued', with: 'cache', ...ofCall(call) });
    return Outcome.returned('cached');
  },
};

const msOf = ([seconds, nanos]: readonly [number, number]): number => Math.round(seconds * 1_000 + nanos / 1e6);
const outcome = ({ attributes }: Span): string => {
  const kind = attributes['holdfast.outcome'];
  return typeof kind === 'string' ? kind : '';
};

/** The finished spans as a tree, each with its outcome, its time where the clock of the calls gave it, its events and its status. */
function tree(): string[] {
  const lines: string[] = [];
  const show = (span: Span, indent: string): void => {
    const timed = span.ended && span.name !== 'query' && !span.name.startsWith('request');
    const time = !timed ? '' : `${msOf(span.duration)} ms`;
    const events = span.events.map(({ name, attributes }) =>
      typeof attributes?.waitMs === 'number' ? `${name} ${attributes.waitMs}` : name,
    );
    const status = span.status.code === SpanStatusCode.ERROR ? `! ${span.status.message}` : '';
    const facts = [outcome(span), time, ...events, status].filter((fact) => fact !== '').join(', ');
    lines.push(`${indent}${span.name}${span.ended ? '' : ' (not ended)'}${facts === '' ? '' : `: ${facts}`}`);
    for (const inside of spans) {
      if (inside.parentSpanContext?.spanId === span.spanContext().spanId) show(inside, `${indent}  `);
    }
  };
  for (const span of spans) if (span.parentSpanContext === undefined) show(span, '');
  return lines;
}

/** Runs in a span of its own, as an instrumented server does for a request. */
const request = <T>(name: string, run: () => Promise<T>): Promise<T> =>
  tracer.startActiveSpan(name, async (span) => {
    try {
      return await run();
    } finally {
      span.end();
    }
  });

/** An instrumented client: a span of its own below whatever is active after a few turns. */
const instrumented =
  <A extends unknown[], T>(operation: (...args: A) => Promise<T>) =>
  async (...args: A): Promise<T> => {
    await Promise.resolve();
    const span = tracer.startSpan('query');
    try {
      return await operation(...args);
    } finally {
      span.end();
    }
  };

const down = new Error('down');

test('the subscriber has under 80 lines', () => {
  expect(
    readFileSync(join(import.meta.dirname, 'spans.ts'), 'utf8')
      .trimEnd()
      .split('\n').length,
  ).toBeLessThan(80);
});

describe('spans of the real SDK', () => {
  test('through a queue, a retry and a fallback, for callers at once', async () => {
    const p = pipeline({ name: 'stock', clock }, fallback, retry, queue());
    const dependency = scripted(
      [
        { afterMs: 20, value: 'a' }, // the first caller
        { afterMs: 20, error: down }, // the second, who waited for it
        { afterMs: 20, error: down }, // the third, who waited longer
        { afterMs: 20, value: 'b' }, // the second again
        { afterMs: 20, error: down }, // the third again, and for the last time
      ],
      { clock },
    );
    const results = ['a', 'b', 'c'].map((name) => request(`request ${name}`, () => p.run(instrumented(dependency))));
    await clock.runAll();
    await expect(Promise.all(results)).resolves.toEqual(['a', 'b', 'cached']);
    expect(tree()).toEqual([
      'request a',
      '  stock: success, 20 ms',
      '    attempt 1: success, 20 ms',
      '      query',
      'request b',
      '  stock: success, 80 ms, test.repeated 10',
      '    wait for queue: 20 ms',
      '    attempt 1: failure, 20 ms, exception, ! down',
      '      query',
      '    wait for queue: 10 ms',
      '    attempt 2: success, 20 ms',
      '      query',
      'request c',
      '  stock: success, 100 ms, test.repeated 10, test.rescued',
      '    wait for queue: 40 ms',
      '    attempt 1: failure, 20 ms, exception, ! down',
      '      query',
      '    wait for queue: 10 ms',
      '    attempt 2: failure, 20 ms, exception, ! down',
      '      query',
    ]);
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(3);
  });

  test("a pipeline called within an attempt lies below that attempt, and so does its operation's own span", async () => {
    const inner = pipeline({ name: 'inner', clock }, retry);
    const outer = pipeline({ name: 'outer', clock }, retry);
    const dependency = instrumented(scripted([{ error: down }, { error: down }, { afterMs: 5, value: 1 }], { clock }));
    const result = request('request', () => outer.run((call) => inner.run(dependency, call)));
    await clock.runAll();
    await expect(result).resolves.toBe(1);
    expect(tree()).toEqual([
      'request',
      '  outer: success, 25 ms, test.repeated 10',
      '    attempt 1: failure, 10 ms, exception, ! down',
      '      inner: failure, 10 ms, test.repeated 10, exception, ! down',
      '        attempt 1: failure, 0 ms, exception, ! down',
      '          query',
      '        attempt 2: failure, 0 ms, exception, ! down',
      '          query',
      '    attempt 2: success, 5 ms',
      '      inner: success, 5 ms',
      '        attempt 2: success, 5 ms',
      '          query',
    ]);
  });

  test('a call outside of any span is the root of its own trace', async () => {
    await pipeline({ name: 'alone', clock }).run(() => 1);
    expect(tree()).toEqual(['alone: success, 0 ms', '  attempt 1: success, 0 ms']);
  });

  test('a refusal, and a wait the caller gave up, are shown and leave no span open', async () => {
    const shut: Guard = {
      name: 'shut',
      enter() {
        throw new Error('no');
      },
    };
    const p = pipeline({ name: 'one at a time', clock }, queue());
    const holder = p.run(() => clock.sleep(50));
    const abandoned = p.run(() => 1, { timeoutMs: 30 }).catch(() => 'too late');
    const refused = pipeline({ name: 'closed', clock }, shut)
      .run(() => 1)
      .catch(() => 'refused');
    await clock.runAll();
    await expect(Promise.all([holder, abandoned, refused])).resolves.toEqual([undefined, 'too late', 'refused']);
    expect(tree()).toEqual([
      'one at a time: success, 50 ms',
      '  attempt 1: success, 50 ms',
      'one at a time: rejected, 30 ms, call.rejected, exception, ! one at a time: the deadline of 30 ms has passed',
      '  wait for queue: 30 ms',
      'closed: rejected, 0 ms, call.rejected, exception, ! no',
    ]);
  });

  test('calls that began before, and end after, the subscription make none and break nothing', async () => {
    stop();
    const p = pipeline({ name: 'p', clock });
    const before = p.run(() => clock.sleep(10));
    stop = traceCalls(tracer);
    const during = p.run(() => clock.sleep(20));
    await clock.advance(10);
    await before;
    stop();
    await clock.advance(10);
    await during;
    expect(tree()).toEqual(['p (not ended)', '  attempt 1 (not ended)']);
  });
});
