import type { Agent, IncomingMessage } from 'node:http';
import type { EtcdTls } from './options.ts';
import { builtinHttp } from '../builtin-http.ts';
import { watchConnection } from '../node-connected.ts';

export interface HttpRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  /** Seconds of the header Retry-After, if it gives them. */
  readonly retryAfterS: number | undefined;
}

/** No whole answer came. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  /** Whether the server may have got the request: false if no connection was made. */
  readonly sent: boolean;
  constructor(cause: Error, sent: boolean) {
    super(cause.message, { cause });
    this.sent = sent;
  }
}

/** An answer is a lease or two; etcd itself takes no more than 1.5 MiB by default. More is not what was asked for. */
const LONGEST = 4 * 1024 * 1024;
/** After so long without a packet the kernel asks whether the other side of a watch is still there. */
const WATCH_KEEP_ALIVE_MS = 15_000;

/** JSON over HTTP/1.1. Requests share two connections that stay open; each stream has one of its own, closed with it. */
export class NodeHttp {
  readonly #agents: Readonly<Record<'requests' | 'streams', Agent>>;
  readonly #request: typeof import('node:http').request;

  constructor(secure: boolean, { ca, cert, key, serverName }: EtcdTls) {
    const tls = {
      ...(ca === undefined ? {} : { ca: nodeBytes(ca) }),
      ...(cert === undefined ? {} : { cert: nodeBytes(cert) }),
      ...(key === undefined ? {} : { key: nodeBytes(key) }),
      ...(serverName === undefined ? {} : { servername: serverName }),
    };
    const requests = { keepAlive: true, maxSockets: 2 };
    const { Agent, request } = builtinHttp(secure);
    this.#agents = { requests: new Agent({ ...requests, ...tls }), streams: new Agent({ keepAlive: false, ...tls }) };
    this.#request = request;
  }

  /** @throws {NoAnswer} */
  async post(request: HttpRequest): Promise<HttpAnswer> {
    const response = await this.#open(request, this.#agents.requests);
    return wholeOf(response);
  }

  /**
   * Hands on every line of the answer until the server ends it, or `onLine` wants no more.
   * @returns the answer in whole if its status is another than 200, when it is no stream.
   * @throws {NoAnswer} and what `onLine` throws, which ends the stream.
   */
  async stream(request: HttpRequest, onLine: (line: string) => boolean): Promise<HttpAnswer | undefined> {
    const response = await this.#open(request, this.#agents.streams);
    if (response.statusCode !== 200) return wholeOf(response);
    let rest = '';
    for await (const chunk of chunksOf(response)) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      checkLength(rest);
      if (!lines.every(onLine)) return undefined;
    }
    if (rest !== '') onLine(rest); // the gateway ends a stream with an error, and no line with it
    return undefined;
  }

  #open({ url, headers, body, signal }: HttpRequest, agent: Agent): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const length = String(new TextEncoder().encode(body).length);
      const outgoing = this.#request(url, {
        method: 'POST',
        agent,
        signal,
        headers: { ...headers, 'content-type': 'application/json', 'content-length': length },
      });
      const connected = watchConnection(outgoing);
      outgoing.on('response', (response) => resolve(response.setEncoding('utf8')));
      outgoing.on('error', (error) => reject(new NoAnswer(error, connected())));
      if (agent === this.#agents.streams) outgoing.setSocketKeepAlive(true, WATCH_KEEP_ALIVE_MS);
      outgoing.end(body);
    });
  }
}

async function wholeOf(response: IncomingMessage): Promise<HttpAnswer> {
  let text = '';
  for await (const chunk of chunksOf(response)) {
    text += chunk;
    checkLength(text);
  }
  const retryAfterS = Number.parseInt(response.headers['retry-after'] ?? '', 10);
  return { status: response.statusCode ?? 0, text, retryAfterS: Number.isNaN(retryAfterS) ? undefined : retryAfterS };
}

async function* chunksOf(response: IncomingMessage): AsyncGenerator<string> {
  try {
    for await (const chunk of response) yield chunk as string;
  } catch (error) {
    throw new NoAnswer(error as Error, true);
  }
}

function checkLength(text: string): void {
  if (text.length > LONGEST) throw new NoAnswer(new Error(`an answer longer than ${LONGEST} characters`), true);
}

function nodeBytes(pem: string | Uint8Array): string | Buffer {
  return typeof pem === 'string' ? pem : Buffer.from(pem);
}
