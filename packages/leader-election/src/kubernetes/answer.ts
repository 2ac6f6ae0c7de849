import { parseJson } from '../record-json.ts';
import { isObject } from './lease-object.ts';
import type { KubernetesResponse } from './transport.ts';

/** etcd takes no object above 1.5 MiB; nothing that answers for a Lease is longer than this. */
export const LONGEST_BYTES: number = 3 * 1024 * 1024;

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  /** For how long the server asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  readonly text: string;
  /** The body, `undefined` if it is not JSON. */
  readonly json: unknown;
}

/** What the API server says of a request it did not carry out. */
export interface Status {
  readonly reason: string;
  readonly message: string;
  /** The kind of the object it speaks of, such as `leases` or `namespaces`. */
  readonly about: string;
  readonly retryAfterSeconds: number | undefined;
}

/** @throws {RangeError} if the body is longer than any answer may be; the rest is not read. */
export async function readAnswer({ status, headers, body }: KubernetesResponse): Promise<Answer> {
  const text = await readText(body ?? none());
  const json = parseJson(text);
  const seconds = secondsIn(headers.get('retry-after')) ?? statusIn(json)?.retryAfterSeconds;
  const retryAfterMs = seconds === undefined ? undefined : seconds * 1000;
  return { status, contentType: headers.get('content-type') ?? '', retryAfterMs, text, json };
}

async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > LONGEST_BYTES) throw new RangeError(`the answer is longer than ${LONGEST_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

async function* none(): AsyncGenerator<Uint8Array> {}

/** Kubernetes sends whole seconds. A date, which others may send, would need the other side's clock. */
function secondsIn(header: string | null): number | undefined {
  return header !== null && /^\d{1,9}$/.test(header.trim()) ? Number(header) : undefined;
}

/** @returns `undefined` if this is no Status of the API. */
export function statusIn(json: unknown): Status | undefined {
  if (!isObject(json) || json['kind'] !== 'Status') return undefined;
  const details = isObject(json['details']) ? json['details'] : {};
  const seconds = details['retryAfterSeconds'];
  return {
    reason: textOf(json['reason']),
    message: textOf(json['message']),
    about: textOf(details['kind']),
    retryAfterSeconds: typeof seconds === 'number' && seconds >= 0 ? seconds : undefined,
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
