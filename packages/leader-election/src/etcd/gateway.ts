import { parseJson } from '../record-json.ts';
import { LeaseStoreError } from '../store.ts';
import { EtcdRefusal, saidIn } from './faults.ts';
import { NoAnswer, NodeHttp } from './node-http.ts';
import type { HttpAnswer } from './node-http.ts';
import type { EtcdSettings } from './options.ts';

export interface EtcdCall {
  readonly path: string;
  readonly body: object;
  readonly signal: AbortSignal;
  /** Whether the call changes anything. */
  readonly writes: boolean;
}

/** A member without a leader refuses at once, and ends its watches, instead of waiting in silence; as clientv3's WithRequireLeader. */
const HEADERS = { 'grpc-metadata-hasleader': 'true' };
const AUTH_NOT_ENABLED = 9;

/** One cluster, through the JSON gateways of its members: which of them to ask, as whom, and what their refusals mean. */
export class EtcdGateway {
  readonly #settings: EtcdSettings;
  readonly #http: NodeHttp;
  #current = 0;
  #token: string | undefined;

  constructor(settings: EtcdSettings) {
    this.#settings = settings;
    this.#http = new NodeHttp(settings.secure, settings.tls);
  }

  /** @returns the answer, as JSON. @throws {LeaseStoreError} */
  call(call: EtcdCall): Promise<unknown> {
    return this.#asUser(call.signal, (token) => this.#call(call, token));
  }

  /** Hands on every message of a stream until the server ends it, or `onMessage` wants no more. @throws {LeaseStoreError} and what `onMessage` throws. */
  stream(call: EtcdCall, onMessage: (message: unknown) => boolean): Promise<void> {
    return this.#asUser(call.signal, (token) => this.#stream(call, token, onMessage));
  }

  /** With the token at hand, and once more with a new one if it is refused: a refused request has done nothing. */
  async #asUser<T>(signal: AbortSignal, ask: (token: string) => Promise<T>): Promise<T> {
    const token = this.#token ?? (await this.#authenticate(signal));
    try {
      return await ask(token);
    } catch (error) {
      const renewable = token !== '' && error instanceof EtcdRefusal && error.meaning.tokenRefused === true;
      if (!renewable) throw error;
    }
    return ask(await this.#authenticate(signal));
  }

  /** @returns `''` where no token is needed. */
  async #authenticate(signal: AbortSignal): Promise<string> {
    const { credentials } = this.#settings;
    if (credentials === undefined) return '';
    this.#token = undefined;
    try {
      const answer = await this.#call({ path: '/v3/auth/authenticate', body: credentials, signal, writes: false }, '');
      this.#token = (answer as { token?: string }).token ?? '';
    } catch (error) {
      // As clientv3: credentials given ahead of the day on which authentication is enabled.
      if (!(error instanceof EtcdRefusal && error.grpcCode === AUTH_NOT_ENABLED)) throw error;
      this.#token = '';
    }
    return this.#token;
  }

  async #call(call: EtcdCall, token: string): Promise<unknown> {
    const endpoint = this.#endpoint();
    const answer = await this.#answerOf(endpoint, call, () => this.#http.post(requestOf(endpoint, call, token)));
    const body = parseJson(answer.text);
    if (answer.status !== 200 || typeof body !== 'object' || body === null) throw this.#refusal(endpoint, call, body, answer);
    return body;
  }

  async #stream(call: EtcdCall, token: string, onMessage: (message: unknown) => boolean): Promise<void> {
    const endpoint = this.#endpoint();
    const onLine = (line: string): boolean => {
      const message = parseJson(line) as { result?: unknown } | undefined;
      if (message?.result !== undefined) return onMessage(message.result);
      throw this.#refusal(endpoint, call, message, { status: 200, text: line, retryAfterS: undefined });
    };
    const answer = await this.#answerOf(endpoint, call, () => this.#http.stream(requestOf(endpoint, call, token), onLine));
    if (answer !== undefined) throw this.#refusal(endpoint, call, parseJson(answer.text), answer);
  }

  async #answerOf<T>(endpoint: string, { path, signal, writes }: EtcdCall, ask: () => Promise<T>): Promise<T> {
    const failed = (why: string, sent: boolean, cause: unknown): LeaseStoreError =>
      new LeaseStoreError(`etcd at ${endpoint}: ${path}: ${why}`, { fault: 'unreachable', mayBeWritten: writes && sent, cause });
    if (signal.aborted) throw failed('given up before it was sent', false, signal.reason);
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      this.#moveOn(endpoint); // also when it was given up: this one does not answer in time
      if (signal.aborted) throw failed('given up waiting for an answer', error.sent, signal.reason);
      throw failed(`no answer (${error.message})`, error.sent, error.cause);
    }
  }

  #refusal(endpoint: string, { path, writes }: EtcdCall, body: unknown, answer: HttpAnswer): EtcdRefusal {
    const refusal = new EtcdRefusal(`etcd at ${endpoint}: ${path}`, saidIn(body, answer), writes);
    if (refusal.meaning.moveOn === true) this.#moveOn(endpoint);
    return refusal;
  }

  #endpoint(): string {
    return this.#settings.endpoints[this.#current] as string;
  }

  /** For the next request; unless another has moved on already. */
  #moveOn(from: string): void {
    if (this.#endpoint() === from) this.#current = (this.#current + 1) % this.#settings.endpoints.length;
  }
}

function requestOf(
  endpoint: string,
  { path, body, signal }: EtcdCall,
  token: string,
): { url: string; headers: Record<string, string>; body: string; signal: AbortSignal } {
  const headers = token === '' ? HEADERS : { ...HEADERS, authorization: token };
  return { url: endpoint + path, headers, body: JSON.stringify(body), signal };
}
