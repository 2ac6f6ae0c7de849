import { LeaseStoreError } from '../store.ts';
import type { StoreFault } from '../store.ts';

interface Meaning {
  readonly fault: StoreFault;
  /** Whether the script may have run. */
  readonly perhaps: boolean;
  readonly advice?: string;
}

/** An error that ends a script before the lease is written. */
const nothing = (fault: StoreFault, advice?: string): Meaning => ({
  fault,
  perhaps: false,
  ...(advice === undefined ? {} : { advice }),
});

/** By the code at the beginning of a reply; servers before Redis 7 quote that of a command in a script. */
const BY_CODE: Readonly<Record<string, Meaning>> = {
  NOAUTH: nothing('unauthorized', 'give the client the password'),
  WRONGPASS: nothing('unauthorized', 'check user and password of the client'),
  NOPERM: nothing(
    'forbidden',
    'the user needs +eval +get +set +persist +pttl +time +publish, the keys, and the channels for a watch',
  ),
  READONLY: nothing(
    'unreachable',
    'this is a replica: connect to the primary, through Sentinel or the address that follows it; and have ioredis leave a node that ' +
      "has become one: reconnectOnError: ({ message }) => message.includes('READONLY')",
  ),
  MASTERDOWN: nothing('unreachable'),
  LOADING: nothing('unreachable'),
  BUSY: nothing('unreachable'),
  CLUSTERDOWN: nothing('unreachable'),
  TRYAGAIN: nothing('unreachable'),
  NOREPLICAS: nothing('unreachable', 'too few replicas are connected (min-replicas-to-write)'),
  OOM: nothing('unreachable', 'its memory is full (maxmemory): give the leases a server that is no cache'),
  MISCONF: nothing('unreachable', 'it takes no writes since it cannot save to disk'),
  WRONGTYPE: nothing('invalid', 'the key belongs to something else: delete it, or use another prefix'),
  MOVED: nothing('invalid', 'this is a cluster: use the cluster client of ioredis or node-redis'),
  CROSSSLOT: nothing('invalid', 'the hash tag of the prefix and name does not keep the keys together'),
};

/** By words of clients and servers that bear no code. */
const BY_WORDS: readonly (readonly [RegExp, Meaning])[] = [
  [/unknown command/, nothing('invalid', 'needs Redis 6 or Valkey, with scripting')],
  [/max number of clients reached/, nothing('throttled')],
  // Words of ioredis and node-redis for what they have not even sent.
  [/Stream isn't writeable|client is closed|client is offline|queue is full/, nothing('unreachable')],
];

const LOST: Meaning = { fault: 'unreachable', perhaps: true };

/** @param tried what was asked for, such as `redis: write of holdfast:lease:{billing}`. */
export function storeError(tried: string, error: unknown, writes: boolean): LeaseStoreError {
  const message = error instanceof Error ? error.message : String(error);
  const { fault, perhaps, advice } = meaningOf(message);
  const end = advice === undefined ? '' : `; ${advice}`;
  return new LeaseStoreError(`${tried}: ${message}${end}`, { fault, mayBeWritten: writes && perhaps, cause: error });
}

function meaningOf(message: string): Meaning {
  for (const [, code] of message.matchAll(/(?:^|[\s-])([A-Z]{3,})\b/g)) {
    const known = code === undefined ? undefined : BY_CODE[code];
    if (known !== undefined) return known;
  }
  return BY_WORDS.find(([words]) => words.test(message))?.[1] ?? LOST;
}
