import { parseJson } from '../record-json.ts';
import { LeaseStoreError } from '../store.ts';
import { Authentication } from './authentication.ts';
import { EtcdRefusal, saidIn } from './faults.ts';
import { Members } from './members.ts';
import type { Member } from './members.ts';
import { hasRevision } from './messages.ts';
import { NoAnswer, NodeHttp } from './node-http.ts';
import type { HttpAnswer, HttpRequest } from './node-http.ts';
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
const AUTHENTICATE = '/v3/auth/authenticate';
const AUTH_NOT_ENABLED = 9;

/** One cluster, through the JSON gateways of its members: which of them to ask, as whom, and what their refusals mean. */
export class EtcdGateway {
  readonly #http: NodeHttp;
  readonly #members: Members;
  /** `undefined` without credentials. */
  readonly #authentication: Authentication | undefined;

  constructor({ endpoints, secure, tls, credentials }: EtcdSettings) {
    this.#http = new NodeHttp(secure, tls);
    this.#members = new Members(endpoints);
    this.#authentication =
      credentials === undefined
        ? undefined
        : new Authentication(this.#members, {
            ask: (member, signal) => this.#authenticate(member, credentials, signal),
            givenUp: ({ endpoint }, { reason }) => unanswered(endpoint, AUTHENTICATE, GIVEN_UP, false, reason),
          });
  }

  /** @returns the answer, as JSON. @throws {LeaseStoreError} */
  call(call: EtcdCall): Promise<unknown> {
    return this.#asUser(call, (member, token) => this.#call(member, call, token));
  }

  /** Hands on every message of a stream until the server ends it, or `onMessage` wants no more. @throws {LeaseStoreError} and what `onMessage` throws. */
  stream(call: EtcdCall, onMessage: (message: unknown) => boolean): Promise<void> {
    return this.#asUser(call, (member, token) => this.#stream(member, call, token, onMessage));
  }

  /** With the token at hand, and once more with another if it is refused: a refused request has done nothing. */
  async #asUser<T>(call: EtcdCall, ask: (member: Member, token: string) => Promise<T>): Promise<T> {
    const { signal } = call;
    if (this.#authentication === undefined) return ask(this.#members.current, '');
    checkWanted(this.#members.current, call);
    const token = await this.#authentication.token(signal);
    try {
      return await ask(this.#members.current, token);
    } catch (error) {
      if (!(error instanceof EtcdRefusal && error.meaning.tokenRefused === true)) throw error;
    }
    const other = await this.#authentication.otherThan(token, signal);
    return ask(this.#members.current, other);
  }

  /** @returns `''` where no token is needed. */
  async #authenticate(member: Member, credentials: object, signal: AbortSignal): Promise<string> {
    try {
      const answer = await this.#call(member, { path: AUTHENTICATE, body: credentials, signal, writes: false }, '');
      return (answer as { token?: string }).token ?? '';
    } catch (error) {
      // As clientv3: credentials given ahead of the day on which authentication is enabled. From then on etcd refuses those who
      // come without a token, which asks for one.
      if (!(error instanceof EtcdRefusal && error.grpcCode === AUTH_NOT_ENABLED)) throw error;
      return '';
    }
  }

  async #call(member: Member, call: EtcdCall, token: string): Promise<unknown> {
    const answer = await this.#answerOf(member, call, () => this.#http.post(requestOf(member, call, token)));
    member.heard += 1;
    const body = parseJson(answer.text);
    if (answer.status !== 200 || !hasRevision(body)) throw this.#refusal(member, call, body, answer);
    return body;
  }

  async #stream(member: Member, call: EtcdCall, token: string, onMessage: (message: unknown) => boolean): Promise<void> {
    const onLine = (line: string): boolean => {
      member.heard += 1;
      const message = parseJson(line) as { result?: unknown } | undefined;
      if (message?.result !== undefined) return onMessage(message.result);
      throw this.#refusal(member, call, message, { status: 200, text: line, retryAfterS: undefined });
    };
    const answer = await this.#answerOf(member, call, () => this.#http.stream(requestOf(member, call, token), onLine));
    if (answer !== undefined) throw this.#refusal(member, call, parseJson(answer.text), answer);
  }

  async #answerOf<T>(member: Member, call: EtcdCall, ask: () => Promise<T>): Promise<T> {
    checkWanted(member, call);
    const { path, signal, writes } = call;
    const { endpoint, heard } = member;
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      const mayBeWritten = writes && error.sent;
      if (signal.aborted) {
        this.#members.givenUp(member, heard);
        throw unanswered(endpoint, path, GIVEN_UP, mayBeWritten, signal.reason);
      }
      this.#members.moveOn(member);
      throw unanswered(endpoint, path, `no answer (${error.message})`, mayBeWritten, error.cause);
    }
  }

  #refusal(member: Member, { path, writes }: EtcdCall, body: unknown, answer: HttpAnswer): EtcdRefusal {
    const refusal = new EtcdRefusal(`etcd at ${member.endpoint}: ${path}`, saidIn(body, answer), writes);
    if (refusal.meaning.moveOn === true) this.#members.moveOn(member);
    return refusal;
  }
}

/** @throws {LeaseStoreError} */
function checkWanted({ endpoint }: Member, { path, signal }: EtcdCall): void {
  if (signal.aborted) throw unanswered(endpoint, path, 'given up before it was sent', false, signal.reason);
}

const GIVEN_UP = 'given up waiting for an answer';

function unanswered(endpoint: string, path: string, why: string, mayBeWritten: boolean, cause: unknown): LeaseStoreError {
  return new LeaseStoreError(`etcd at ${endpoint}: ${path}: ${why}`, { fault: 'unreachable', mayBeWritten, cause });
}

function requestOf({ endpoint }: Member, { path, body, signal }: EtcdCall, token: string): HttpRequest {
  const headers = token === '' ? HEADERS : { ...HEADERS, authorization: token };
  return { url: endpoint + path, headers, body: JSON.stringify(body), signal };
}
