import { toBase64 } from '../base64.ts';
import { DEFAULT_PREFIX } from './options.ts';

export const leaseKey = (prefix: string, name: string): string => `${prefix}${name}/lease`;
export const tokenKey = (prefix: string, name: string): string => `${prefix}${name}/token`;

export interface EtcdFenceOptions {
  /** Name of the election. */
  readonly name: string;
  /** The term's fencing token. */
  readonly token: bigint;
  /** As given to the store. @default '/holdfast/leases/' */
  readonly prefix?: string;
}

/** The condition "no later term has begun", for a transaction of your own. */
export interface EtcdFence {
  /** The key that every acquisition writes, and nothing else does. */
  readonly key: string;
  /** What its mod_revision must be: the token, as text. */
  readonly modRevision: string;
  /** The condition as an element of `compare` in a request to the JSON gateway's `/v3/kv/txn`. */
  readonly compare: { readonly key: string; readonly target: 'MOD'; readonly result: 'EQUAL'; readonly mod_revision: string };
}

/**
 * Fences your own writes to the same etcd cluster: put the condition into the transaction that makes them, and they take place only
 * if no later term has begun by then. However long this process was paused, and whatever it believes, etcd decides: an acquisition
 * and your transaction come one after the other. The condition still holds after the lease has run out or was given back, as long as
 * nobody else has taken it.
 *
 * With a client of gRPC: compare the mod_revision of `key` with `modRevision`.
 */
export function etcdFence({ name, token, prefix = DEFAULT_PREFIX }: EtcdFenceOptions): EtcdFence {
  const key = tokenKey(prefix, name);
  return { key, modRevision: `${token}`, compare: compareRevision(key, token) };
}

/** That the key is in this revision; 0 if there is to be none. */
export function compareRevision(key: string, revision: bigint): EtcdFence['compare'] {
  return { key: toBase64(key), target: 'MOD', result: 'EQUAL', mod_revision: `${revision}` };
}
