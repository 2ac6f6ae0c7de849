import { LeaseStoreError } from '../store.ts';
import type { StoreFault } from '../store.ts';
import type { HttpAnswer } from './node-http.ts';

/** What an answer other than the one asked for means. */
export interface EtcdFault {
  readonly fault: StoreFault;
  /** Whether etcd may have done what it was asked for in spite of it. */
  readonly perhaps: boolean;
  /** What the operator should do, as the end of a sentence. */
  readonly advice?: string;
  /** The token was refused, which a new one may mend. */
  readonly tokenRefused?: boolean;
  /** Another member may do better. */
  readonly moveOn?: boolean;
}

const DOWN: EtcdFault = { fault: 'unreachable', perhaps: true, moveOn: true };
const NO_CREDENTIALS: EtcdFault = {
  fault: 'unauthorized',
  perhaps: false,
  advice: 'give username and password: etcd asks for them',
};
/** With credentials: a token from before authentication was enabled, or of a user who was deleted and made anew. */
const NO_USER: EtcdFault = { ...NO_CREDENTIALS, tokenRefused: true };
const WRONG: EtcdFault = { fault: 'invalid', perhaps: false };

/** By the words etcd puts into its messages (`rpctypes/error.go`), where its code alone says too little. */
const BY_MESSAGE: readonly (readonly [RegExp, EtcdFault])[] = [
  // A member without a leader refuses the request before anything else; it does not say so of one that is under way.
  [/etcdserver: no leader/, { fault: 'unreachable', perhaps: false, moveOn: true }],
  [/not capable|not supported for learner/, { fault: 'unreachable', perhaps: false, moveOn: true }],
  [/too many requests/, { fault: 'throttled', perhaps: false }],
  [
    /database space exceeded/,
    {
      fault: 'unreachable',
      perhaps: false,
      advice: 'it takes no writes until it is compacted and defragmented and its alarm is disarmed (etcdctl alarm disarm)',
    },
  ],
  [/invalid auth token|revision of auth store is old/, { fault: 'unauthorized', perhaps: false, tokenRefused: true }],
  [/user name is empty|user name not found/, NO_USER],
  [/authentication failed/, { fault: 'unauthorized', perhaps: false, advice: 'check username and password' }],
  [
    /permission denied/,
    { fault: 'forbidden', perhaps: false, advice: 'grant the user read and write on the prefix of the keys' },
  ],
];

/** By code of gRPC, which the gateway has in the body. */
const BY_CODE: Readonly<Record<number, EtcdFault>> = {
  3: WRONG,
  5: WRONG,
  6: WRONG,
  7: { fault: 'forbidden', perhaps: false },
  8: { fault: 'throttled', perhaps: false },
  9: WRONG,
  11: WRONG,
  12: WRONG,
  16: { fault: 'unauthorized', perhaps: false, tokenRefused: true },
};

/**
 * None of etcd's words. That may be so for ever, at a wrong address, or for a second, while what stands before etcd is set up anew: no
 * reason to end a term, as `invalid` would, nor to stop asking.
 */
const NOT_ETCD: EtcdFault = {
  fault: 'unreachable',
  perhaps: false,
  advice: 'needs etcd 3.4 or newer with its JSON gateway (--enable-grpc-gateway): check the address, and what stands between',
  moveOn: true,
};

/** By status of HTTP, for what was not written by etcd: a proxy, another server. */
function byStatus(status: number): EtcdFault {
  if (status === 401) return NO_CREDENTIALS;
  if (status === 403) return { fault: 'forbidden', perhaps: false };
  if (status === 429) return { fault: 'throttled', perhaps: false };
  if (status >= 500 && status !== 501) return DOWN;
  // Given up by a proxy that may have passed it on; or said to be done, by something that does not speak as etcd does.
  return { ...NOT_ETCD, perhaps: status === 408 || status === 499 || status < 300 };
}

export function faultOf(code: number | undefined, message: string, status: number): EtcdFault {
  const known = BY_MESSAGE.find(([pattern]) => pattern.test(message));
  if (known !== undefined) return known[1];
  return code === undefined ? byStatus(status) : (BY_CODE[code] ?? DOWN);
}

/** An answer of etcd, or of what stands before it, that is not the one asked for. */
export class EtcdRefusal extends LeaseStoreError {
  readonly meaning: EtcdFault;
  readonly grpcCode: number | undefined;

  /** @param tried what was asked of whom, such as `etcd at http://etcd-0:2379: /v3/kv/txn`. */
  constructor(tried: string, said: EtcdSaid, writes: boolean) {
    const meaning = faultOf(said.code, said.message, said.status);
    const advice = meaning.advice === undefined ? '' : `; ${meaning.advice}`;
    super(`${tried}: ${said.message}${advice}`, {
      fault: meaning.fault,
      mayBeWritten: writes && meaning.perhaps,
      retryAfterMs: said.retryAfterS === undefined ? undefined : said.retryAfterS * 1000,
    });
    this.meaning = meaning;
    this.grpcCode = said.code;
  }
}

export interface EtcdSaid {
  readonly code: number | undefined;
  readonly message: string;
  readonly status: number;
  readonly retryAfterS?: number | undefined;
}

/** Of a body `{ error, code, message }`, or `{ error: { grpc_code, message } }` in a stream; the words differ between versions. */
export function saidIn(body: unknown, { status, text, retryAfterS }: HttpAnswer): EtcdSaid {
  const outer = partOf(body);
  const inner = typeof outer['error'] === 'object' ? partOf(outer['error']) : outer;
  const code = inner['code'] ?? inner['grpc_code'];
  const message = inner['message'] ?? inner['error'];
  return {
    code: typeof code === 'number' ? code : undefined,
    message: typeof message === 'string' ? message : `HTTP ${status} and ${JSON.stringify(text.slice(0, 120))}`,
    status,
    retryAfterS,
  };
}

function partOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
