import type { CallContext } from '@holdfast/core';
import { readCallSettings } from './call-settings.ts';
import type { FetchCallSettings } from './call-settings.ts';
import { guardedDispatcher } from './dispatcher.ts';
import { markOwn } from './network-errors.ts';
import { isIdempotent, isReplayable } from './replay.ts';

export type FetchInput = Parameters<typeof fetch>[0];

/** A symbol, so that no telemetry lists it among the caller's attributes. */
const EXCHANGE: unique symbol = Symbol('holdfast.exchange');

/** One call of `fetch`, as its policies need to know it. */
export class Exchange {
  readonly input: FetchInput;
  readonly init: RequestInit;
  readonly settings: FetchCallSettings;
  /** `undefined` for what does not go over HTTP, such as `data:`, and for what is no URL at all. */
  readonly url: URL | undefined;
  /** The caller's own; that of `init` prevails, as in `fetch`. */
  readonly signal: AbortSignal | undefined;
  readonly headers: RequestInit['headers'];
  readonly replayable: boolean;
  /** Whether an attempt was handed to the real `fetch`, and with it the body. */
  sent: boolean = false;
  readonly idempotent: boolean;

  /** @throws {ConfigError} for settings that cannot be. */
  constructor(policy: string, input: FetchInput, init: RequestInit | undefined) {
    const { holdfast, ...rest } = ownMembers(init);
    const request = typeof input === 'object' && 'method' in input ? input : undefined;
    this.input = input instanceof URL ? input.href : input;
    this.settings = readCallSettings(policy, holdfast);
    this.init = rest;
    // As `fetch` does: what the caller changes, or reads to its end, after the call is no matter of later attempts.
    if (rest.headers !== undefined && rest.headers !== null) rest.headers = copyOfHeaders(rest.headers);
    if (rest.body instanceof ReadableStream) rest.body = callersOwn(rest.body);
    if ('dispatcher' in rest) rest.dispatcher = guardedDispatcher(policy, rest.dispatcher);
    this.url = httpUrl(request?.url ?? (input as string | URL));
    this.signal = (rest.signal === undefined ? request?.signal : rest.signal) ?? undefined;
    this.headers = rest.headers ?? request?.headers;
    this.replayable = this.settings.body !== undefined || isReplayable(rest.body === undefined ? request?.body : rest.body);
    const method = (rest.method ?? request?.method ?? 'GET').toUpperCase();
    this.idempotent = this.settings.idempotent ?? isIdempotent(method, this.headers);
  }

  /** The call is over and its body was never sent: lets go of what feeds it, a file or another connection. */
  release(reason: unknown): void {
    const { body } = this.init;
    if (!this.sent && body instanceof ReadableStream) body.cancel(reason).catch(() => {});
  }

  /** The attributes of its call, from which {@link exchangeOf} finds it again. */
  attributes(parent: CallContext | undefined): Readonly<Record<string, unknown>> {
    return { ...(this.settings.attributes ?? parent?.attributes), [EXCHANGE]: this };
  }

  /** What to hand to the real `fetch` for one attempt. A new object each time: what that does to it is of no consequence. */
  attemptInit(signal: AbortSignal, headers: RequestInit['headers']): RequestInit {
    this.sent = true;
    const { body } = this.settings;
    const init: RequestInit & { duplex?: 'half' } = { ...this.init, signal };
    if (headers !== undefined) init.headers = headers;
    if (body !== undefined) {
      try {
        init.body = body();
      } catch (error) {
        markOwn(error);
        throw error;
      }
      init.duplex = 'half';
    }
    return init;
  }
}

/** The body as the caller gave it, its errors known as his: a file that cannot be read says nothing about the server. */
function callersOwn(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        markOwn(error);
        throw error;
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/** The exchange whose call this is; there is one, as every call of the pipeline is begun with {@link Exchange.attributes}. */
export function exchangeOf({ attributes }: CallContext): Exchange {
  return (attributes as { [EXCHANGE]?: Exchange })[EXCHANGE]!;
}

/** An iterable may be one that can be read only once. */
function copyOfHeaders(headers: NonNullable<RequestInit['headers']>): NonNullable<RequestInit['headers']> {
  return Symbol.iterator in headers ? [...(headers as Iterable<[string, string]>)] : { ...headers };
}

/** A page of a browser has an address that relative ones are resolved against; Node has not. */
const base = (): string | undefined => (globalThis as { location?: { href?: string } }).location?.href;

function httpUrl(address: string | URL): URL | undefined {
  const url = URL.parse(address, base());
  return url !== null && /^https?:$/.test(url.protocol) ? url : undefined;
}

/** All that `fetch` reads from an `init` that is no plain object. */
const MEMBERS: readonly string[] = [
  ...['method', 'headers', 'body', 'duplex', 'signal', 'redirect', 'credentials', 'cache', 'mode'],
  ...['referrer', 'referrerPolicy', 'integrity', 'keepalive', 'priority', 'dispatcher', 'holdfast'],
];

/** A copy to take things out of. A `Request` as `init`, as proxies like to give, has its members as getters of its class. */
function ownMembers(init: RequestInit | undefined): RequestInit & { dispatcher?: unknown } {
  const prototype: unknown = init === undefined || init === null ? null : Object.getPrototypeOf(init);
  if (prototype === null || prototype === Object.prototype) return { ...init };
  const source = init as Readonly<Record<string, unknown>>;
  return Object.fromEntries(MEMBERS.filter((name) => source[name] !== undefined).map((name) => [name, source[name]]));
}
