import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';

/** A server to talk to without any of our own client. */
export interface Target {
  readonly url: string;
  readonly ca?: string;
  /** Tokens of users: one who may do all, one who may do nothing, and a service account that may get, create and update. */
  readonly tokens: { readonly admin: string; readonly nobody: string; readonly elector?: string };
}

export interface RawRequest {
  readonly method?: string;
  readonly path: string;
  /** `none` sends no credentials. @default 'admin' */
  readonly as?: keyof Target['tokens'] | 'none' | 'stranger';
  /** A text is sent as it is. */
  readonly body?: unknown;
  readonly contentType?: string;
}

export interface RawAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

export function ask(target: Target, { method = 'GET', path, as = 'admin', body, contentType }: RawRequest): Promise<RawAnswer> {
  const url = new URL(target.url + path);
  const token = as === 'stranger' ? 'not-a-token' : as === 'none' ? undefined : target.tokens[as];
  const bytes = body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const headers = {
    'user-agent': 'holdfast',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(bytes === undefined ? {} : { 'content-type': contentType ?? 'application/json', 'content-length': bytes.length }),
  };
  const secure = target.ca === undefined ? {} : { ca: target.ca };
  return new Promise((resolve, reject) => {
    const outgoing = (url.protocol === 'https:' ? secureRequest : plainRequest)(url, {
      method,
      headers,
      agent: false,
      ...secure,
    });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk: string) => (text += chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        resolve({ status: incoming.statusCode ?? 0, contentType: incoming.headers['content-type'] ?? '', text });
      });
    });
    outgoing.end(bytes);
  });
}
