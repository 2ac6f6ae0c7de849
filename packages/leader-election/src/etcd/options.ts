import { ConfigError } from '@holdfast/core';
import { anything, readOptions, readPart, text } from '@holdfast/core/options';

/** Certificates as PEM. */
export interface EtcdTls {
  /** Authorities to trust instead of Node's own list. */
  readonly ca?: string | Uint8Array;
  /** Certificate of this client, with `key`, where etcd runs with `--client-cert-auth`. */
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  /** Name that the server's certificate must bear. @default the host of the endpoint */
  readonly serverName?: string;
}

export interface EtcdLeaseOptions {
  /**
   * Client addresses of the members, such as `https://etcd-0:2379`. One is used as long as it works. There is no default: processes
   * that each found an etcd of their own on localhost would each lead.
   */
  readonly endpoints: string | readonly string[];
  /** Begins every key: `<prefix><name>/lease` and `<prefix><name>/token`. @default '/holdfast/leases/' */
  readonly prefix?: string;
  /**
   * User of etcd's own authentication, with `password`; needs read and write on the prefix. May be given before authentication is
   * enabled. @default none
   */
  readonly username?: string;
  readonly password?: string;
  /** For `https://` endpoints. @default Node's own certificates, no client certificate */
  readonly tls?: EtcdTls;
}

export interface EtcdSettings {
  readonly endpoints: readonly string[];
  readonly secure: boolean;
  readonly prefix: string;
  readonly credentials: { readonly name: string; readonly password: string } | undefined;
  readonly tls: EtcdTls;
}

const KIND = 'etcdLease';
export const DEFAULT_PREFIX = '/holdfast/leases/';

const isPem = (value: unknown): boolean => (typeof value === 'string' && value !== '') || value instanceof Uint8Array;
const pem = anything<string | Uint8Array | undefined>('PEM, as a string or bytes', undefined, isPem);
const tlsRules = { ca: pem, cert: pem, key: pem, serverName: text<undefined>(undefined) };
const rules = {
  endpoints: anything<unknown>('an address or a list of addresses', undefined),
  prefix: anything<string>('a string', DEFAULT_PREFIX, (value) => typeof value === 'string'),
  username: text<undefined>(undefined),
  password: text<undefined>(undefined),
  tls: anything<object | undefined>('an object', undefined, (value) => typeof value === 'object' && value !== null),
};

/** @throws {ConfigError} */
export function readEtcdOptions(given: EtcdLeaseOptions): EtcdSettings {
  const { endpoints, prefix, username, password, tls } = readOptions(KIND, given, rules);
  const certificates = readPart(KIND, 'tls', tls, tlsRules);
  const addresses = readEndpoints(endpoints);
  if (username === undefined && password !== undefined)
    throw new ConfigError(KIND, 'username', username, 'given with a password');
  if (username !== undefined && password === undefined)
    throw new ConfigError(KIND, 'password', password, 'given with a username');
  if ((certificates.cert === undefined) !== (certificates.key === undefined)) {
    throw new ConfigError(KIND, 'tls', Object.keys(tls ?? {}), 'given both cert and key, or neither');
  }
  const plain = addresses.find((address) => address.startsWith('http:'));
  const secure = tls !== undefined || addresses.some((address) => address.startsWith('https:'));
  if (secure && plain !== undefined) throw new ConfigError(KIND, 'endpoints', plain, 'https:// as tls or another endpoint is');
  const credentials = username === undefined || password === undefined ? undefined : { name: username, password };
  return { endpoints: addresses, secure, prefix, credentials, tls: withoutAbsent(certificates) };
}

function readEndpoints(given: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (list.length === 0) throw new ConfigError(KIND, 'endpoints', given, 'at least one address');
  return list.map(readEndpoint);
}

function readEndpoint(given: unknown): string {
  const url = typeof given === 'string' && URL.canParse(given) ? new URL(given) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new ConfigError(KIND, 'endpoints', given, 'addresses that begin with http:// or https://');
  }
  // Not shown: it may hold a password.
  if (url.username !== '' || url.password !== '') {
    throw new ConfigError(KIND, 'endpoints', url.host, 'without user and password: they have options of their own');
  }
  if (url.search !== '' || url.hash !== '') throw new ConfigError(KIND, 'endpoints', given, 'without query and fragment');
  return url.href.replace(/\/$/, '');
}

function withoutAbsent<T extends object>(parts: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
