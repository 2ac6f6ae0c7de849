import { Heap } from './heap.ts';
import type { OrderedQueue, WaitQueue } from './wait-queue.ts';
import type { Waiter } from './waiter.ts';

/** What is known of a key while calls of it run or wait. */
class Tenant {
  readonly key: string | undefined;
  readonly waiting: OrderedQueue;
  /** Permits it holds. */
  inFlight = 0;
  /** Grows with every permit given to anybody: who was served longest ago has the least. */
  servedAt: number;
  readySlot = -1;
  lengthSlot = -1;

  constructor(key: string | undefined, waiting: OrderedQueue, servedAt: number) {
    this.key = key;
    this.waiting = waiting;
    this.servedAt = servedAt;
  }
}

const holdsFewer = (a: Tenant, b: Tenant): boolean =>
  a.inFlight === b.inFlight ? a.servedAt < b.servedAt : a.inFlight < b.inFlight;

const waitsMore = (a: Tenant, b: Tenant): boolean => a.waiting.size > b.waiting.size;

/**
 * Shares permits and room between keys; each key's own calls wait in a queue of its own, in its own order.
 *
 * - Next is the key that holds the fewest permits, and of these the one served longest ago: keys that wait end up with equally many
 *   permits, however long their calls take. No key may hold more than `share`.
 * - When full, a call of the key with the most waiting gives way to a key that has at least two fewer; so the room, too, is
 *   shared equally between those who want it.
 *
 * All steps are O(log keys). A key is forgotten when none of its calls runs or waits.
 * @see Demers, Keshav and Shenker, Analysis and Simulation of a Fair Queueing Algorithm (1989); the drop rule is fq_codel's (RFC 8290)
 */
export class FairQueue implements WaitQueue {
  readonly #makeQueue: () => OrderedQueue;
  readonly #tenants = new Map<string | undefined, Tenant>();
  /** Those whose next call fits into their share. */
  readonly #ready = new Heap<'readySlot', Tenant>('readySlot', holdsFewer);
  /** All who wait. */
  readonly #byLength = new Heap<'lengthSlot', Tenant>('lengthSlot', waitsMore);
  #share: number;
  #servings = 0;
  #size = 0;

  /** @param share the permits one key may hold, at least 1. */
  constructor(share: number, makeQueue: () => OrderedQueue) {
    this.#share = share;
    this.#makeQueue = makeQueue;
  }

  get size(): number {
    return this.#size;
  }

  get next(): Waiter | undefined {
    return this.#ready.first?.waiting.next;
  }

  givesWayTo(priority: number, key: string | undefined): Waiter | undefined {
    const own = this.#tenants.get(key)?.waiting;
    const longest = this.#byLength.first?.waiting;
    if (longest !== undefined && longest.size > (own?.size ?? 0) + 1) return longest.last;
    return own?.givesWayTo(priority, key);
  }

  add(waiter: Waiter): void {
    const tenant = this.#tenantOf(waiter.key);
    tenant.waiting.add(waiter);
    this.#size++;
    this.#rank(tenant);
  }

  remove(waiter: Waiter): void {
    const tenant = this.#tenantOf(waiter.key);
    tenant.waiting.remove(waiter);
    this.#size--;
    this.#rank(tenant);
  }

  /** Whether a newcomer may take so many permits: its key has room in its share, and nobody of that key waits for some. */
  mayTake(key: string | undefined, permits: number): boolean {
    const tenant = this.#tenants.get(key);
    return tenant === undefined ? permits <= this.#share : tenant.waiting.size === 0 && tenant.inFlight + permits <= this.#share;
  }

  took(key: string | undefined, permits: number): void {
    const tenant = this.#tenantOf(key);
    tenant.inFlight += permits;
    tenant.servedAt = ++this.#servings;
    this.#rank(tenant);
  }

  gaveBack(key: string | undefined, permits: number): void {
    const tenant = this.#tenantOf(key);
    tenant.inFlight -= permits;
    this.#rank(tenant);
  }

  setShare(share: number): void {
    this.#share = share;
    for (const tenant of this.#tenants.values()) this.#rank(tenant);
  }

  /** A new key is ranked as if served just now, so that ever new keys do not keep an old one waiting. */
  #tenantOf(key: string | undefined): Tenant {
    let tenant = this.#tenants.get(key);
    if (tenant === undefined) {
      tenant = new Tenant(key, this.#makeQueue(), ++this.#servings);
      this.#tenants.set(key, tenant);
    }
    return tenant;
  }

  /** To be called after anything about a key has changed. */
  #rank(tenant: Tenant): void {
    const { next } = tenant.waiting;
    if (next === undefined) this.#byLength.remove(tenant);
    else this.#byLength.put(tenant);
    const fits = next !== undefined && tenant.inFlight + Math.min(next.weight, this.#share) <= this.#share;
    if (fits) this.#ready.put(tenant);
    else this.#ready.remove(tenant);
    if (next === undefined && tenant.inFlight === 0) this.#tenants.delete(tenant.key);
  }
}
