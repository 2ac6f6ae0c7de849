import { EventEmitter } from 'node:events';
import type { NodeRedisEval } from '../../src/redis.ts';
import { READ, WRITE } from '../../src/redis/scripts.ts';

interface Kept {
  readonly value: string;
  readonly expiresAtMs: number;
}

/**
 * A Redis for machines without one: knows the two scripts of the store, by what they are to do and not by their Lua, and talks like
 * either client. The same tests run against it and against real servers, so what it claims of the scripts is checked.
 */
export class RedisStandIn {
  readonly #kept = new Map<string, Kept>();
  readonly #listeners = new Set<(channel: string, message: string) => void>();
  readonly #connections = new Set<() => void>();
  /** The scripts' answer instead of the right one: an error of the server, or of the client. */
  trouble: (() => Promise<unknown>) | undefined;

  ioredis(keyPrefix = ''): IoRedisStandIn {
    return new IoRedisStandIn(this, keyPrefix);
  }

  nodeRedis(): NodeRedisStandIn {
    return new NodeRedisStandIn(this);
  }

  async run(script: string, [lease = '', counter = '']: readonly string[], values: readonly string[]): Promise<unknown> {
    await new Promise(setImmediate);
    if (this.trouble !== undefined) return this.trouble();
    if (script === READ) return [lease, this.get(lease) ?? null, `${this.pttl(lease)}`];
    if (script === WRITE) return this.#write(lease, counter, values);
    throw new Error('ERR no such script');
  }

  get(key: string): string | undefined {
    return this.pttl(key) === -2 ? undefined : this.#kept.get(key)?.value;
  }

  set(key: string, value: string, ttlMs = Number.POSITIVE_INFINITY): void {
    this.#kept.set(key, { value, expiresAtMs: Date.now() + ttlMs });
  }

  del(...keys: readonly string[]): void {
    for (const key of keys) this.#kept.delete(key);
  }

  flushall(): void {
    this.#kept.clear();
  }

  pttl(key: string): number {
    const kept = this.#kept.get(key);
    if (kept === undefined || kept.expiresAtMs <= Date.now()) return -2;
    return kept.expiresAtMs === Number.POSITIVE_INFINITY ? -1 : kept.expiresAtMs - Date.now();
  }

  publish(channel: string, message: string): void {
    for (const listener of this.#listeners) setImmediate(listener, channel, message);
  }

  /** @param onLost called when the connection breaks. */
  connect(listener: (channel: string, message: string) => void, onLost: () => void): void {
    this.#listeners.add(listener);
    this.#connections.add(onLost);
  }

  dropConnections(): void {
    for (const onLost of this.#connections) onLost();
  }

  #write(key: string, counter: string, [seen, record = '', begins, ttlMs = '']: readonly string[]): unknown {
    const found = this.get(key);
    const lease = found === undefined ? undefined : parsed(found);
    if (found !== undefined && lease === undefined) return ['unreadable', key, found];
    if ((lease?.revision ?? '') !== seen) return ['refused'];
    if (lease && lease.holder !== '' && begins !== '' && lease.termId.replace(/\.[^.]*$/, '') !== begins) return ['refused'];
    const last = this.get(counter) ?? '0';
    if (!(Number(last) < Number.MAX_SAFE_INTEGER)) return ['unreadable', counter, last];
    const revision = Math.max(Math.max(Number(last), Number(lease?.revision ?? 0)) + 1, nowMicros());
    const value = `{"revision":"${revision}",${record.slice(1)}`;
    const left = ttlMs === '' ? this.pttl(key) : Number(ttlMs);
    this.set(counter, `${revision}`);
    this.set(key, value, left === -1 ? undefined : left);
    this.publish(`${key}:changes`, value);
    return ['written', `${revision}`, `${left}`];
  }
}

function nowMicros(): number {
  return Math.floor((performance.timeOrigin + performance.now()) * 1000);
}

function parsed(text: string): { revision: string; holder: string; termId: string } | undefined {
  try {
    const value = JSON.parse(text) as { revision?: unknown; holder?: unknown; termId?: unknown } | null;
    const { revision, holder, termId } = value ?? {};
    return typeof revision === 'string' && typeof holder === 'string' && typeof termId === 'string'
      ? { revision, holder, termId }
      : undefined;
  } catch {
    return undefined;
  }
}

class IoRedisStandIn extends EventEmitter {
  readonly #server: RedisStandIn;
  readonly #keyPrefix: string;
  readonly #channels = new Set<string>();
  constructor(server: RedisStandIn, keyPrefix: string) {
    super();
    this.#server = server;
    this.#keyPrefix = keyPrefix;
    const hear = (channel: string, message: string): void =>
      void (this.#channels.has(channel) && this.emit('message', channel, message));
    server.connect(hear, () => this.emit('close'));
  }

  eval(script: string, keyCount: number, ...rest: string[]): Promise<unknown> {
    const keys = rest.slice(0, keyCount).map((key) => this.#keyPrefix + key);
    return this.#server.run(script, keys, rest.slice(keyCount));
  }

  evalsha(_sha: string, _keyCount: number, ..._rest: string[]): Promise<unknown> {
    return Promise.reject(new Error('NOSCRIPT No matching script. Please use EVAL.'));
  }

  async subscribe(channel: string): Promise<unknown> {
    await new Promise(setImmediate);
    return this.#channels.add(channel).size;
  }

  async unsubscribe(channel: string): Promise<unknown> {
    await new Promise(setImmediate);
    return this.#channels.delete(channel);
  }
}

class NodeRedisStandIn extends EventEmitter {
  readonly #server: RedisStandIn;
  readonly #channels = new Map<string, Set<(message: string, channel: string) => void>>();
  constructor(server: RedisStandIn) {
    super();
    this.#server = server;
    const hear = (channel: string, message: string): void => {
      for (const listener of this.#channels.get(channel) ?? []) listener(message, channel);
    };
    server.connect(hear, () => {
      this.emit('error', new Error('Socket closed unexpectedly'));
      this.emit('reconnecting');
    });
  }

  eval(script: string, { keys, arguments: values }: NodeRedisEval): Promise<unknown> {
    return this.#server.run(script, keys, values);
  }

  evalSha(_sha: string, _options: NodeRedisEval): Promise<unknown> {
    return Promise.reject(new Error('NOSCRIPT No matching script. Please use EVAL.'));
  }

  async subscribe(channel: string, listener: (message: string, channel: string) => void): Promise<void> {
    await new Promise(setImmediate);
    this.#channels.set(channel, (this.#channels.get(channel) ?? new Set()).add(listener));
  }

  async unsubscribe(channel: string, listener: (message: string, channel: string) => void): Promise<void> {
    await new Promise(setImmediate);
    this.#channels.get(channel)?.delete(listener);
  }
}
