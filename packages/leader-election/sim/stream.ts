import type { Agenda } from './agenda.ts';
import type { Chance } from './chance.ts';
import type { Input } from '../src/elector/inputs.ts';
import type { Lease } from '../src/lease.ts';
import type { LeaseChange } from '../src/store.ts';
import type { Machine } from './machine.ts';
import type { Link, Network } from './network.ts';
import { changeOf } from './register.ts';
import type { StorePlan } from './scenario.ts';
import type { Server } from './server.ts';

export interface StreamHost {
  readonly agenda: Agenda;
  readonly network: Network;
  readonly server: Server;
  readonly plan: StorePlan;
  readonly chance: Chance;
  readonly machine: Machine;
  readonly link: Link;
  /** The lease as last read or seen, where the next stream begins. */
  seen(): Lease | undefined;
  tell(input: Input): void;
  count(what: string): void;
}

/** How src/watch.ts waits before it begins the next stream. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
/** How long it takes to see that a stream cannot begin, when nobody answers. */
const CONNECT_TIMEOUT_MS = 5_000;

/** What is due on a stream within so long does not hold up what follows. */
const PROMPT_MS = 100;

/** One stream, or the attempt at one. */
interface Current {
  /** On the server's side, and on the candidate's: that follows with the first word. */
  up: boolean;
  heard: boolean;
  /** It is dead, and neither side knows. */
  deaf: boolean;
  /** When the last change arrives: a stream keeps the order. */
  lastMs: number;
}

/** A candidate's watch over a stream that lags, drops, repeats, ends, or dies without a word. Behaves towards the elector as src/watch.ts does. */
export class Stream {
  readonly #host: StreamHost;
  #running = false;
  #failures = 0;
  #current: Current | undefined = undefined;

  constructor(host: StreamHost) {
    this.#host = host;
  }

  /** How long what is sent now takes at least, because what was sent before is still on its way; `undefined` if it never arrives. */
  get lateMs(): number | undefined {
    const current = this.#current;
    if (current?.heard !== true || current.deaf) return undefined;
    return Math.max(0, current.lastMs - this.#host.agenda.nowMs);
  }

  /** Whether it tells of the next change soon. */
  get alive(): boolean {
    return this.lateMs !== undefined && this.lateMs < PROMPT_MS;
  }

  get closed(): boolean {
    return !this.#running && this.#current === undefined;
  }

  start(): void {
    if (this.#running || this.#host.plan.watch === 'none') return;
    this.#running = true;
    this.#failures = 0;
    this.#begin();
  }

  stop(): void {
    this.#running = false;
    this.#current = undefined;
  }

  renew(): void {
    if (!this.#running || this.#current === undefined) return;
    this.#host.count('watch.renewed');
    this.#end(this.#current, FIRST_PAUSE_MS);
  }

  /** Nothing comes any more, and nothing says so. */
  deafen(): void {
    if (this.#current !== undefined) this.#current.deaf = true;
  }

  /** The server ends it: it restarts, or has forgotten what changed since. */
  hangUp(): void {
    const current = this.#current;
    if (current?.up === true) this.#host.machine.deliver(() => this.#end(current, FIRST_PAUSE_MS));
  }

  /** The lease has changed. */
  changed(revision: bigint, lease: Lease | undefined): void {
    if (this.#current?.up === true) this.#send(this.#current, changeOf({ revision, lease }));
  }

  #begin(): void {
    const { network, link, machine, agenda, server } = this.#host;
    const current: Current = { up: false, heard: false, deaf: false, lastMs: 0 };
    this.#current = current;
    const since = this.#host.seen()?.revision ?? 0n;
    const { life } = machine;
    agenda.after(2 * network.delayMs(link), () => {
      if (this.#current !== current || machine.life !== life) return;
      if (link.cut !== undefined || (server.fault !== undefined && server.fault !== 'stale')) return this.#fail(current);
      current.up = true;
      this.#send(current, { type: 'alive' });
      for (const change of server.register.since(since)) this.#send(current, change);
      this.#sayAlive(current);
    });
  }

  #fail(current: Current): void {
    this.#host.machine.timer(CONNECT_TIMEOUT_MS, () => {
      this.#end(current, Math.min(FIRST_PAUSE_MS * 2 ** this.#failures++, LONGEST_PAUSE_MS));
    });
  }

  #end(current: Current, longestPauseMs: number): void {
    if (this.#current !== current || !this.#running) return;
    this.#current = undefined;
    this.#host.count('watch.ended');
    this.#host.machine.timer(longestPauseMs * this.#host.chance.between(0.5, 1), () => {
      if (this.#running && this.#current === undefined) this.#begin();
    });
    this.#host.tell({ type: 'watching', up: false });
  }

  #sayAlive(current: Current): void {
    const { agenda, plan } = this.#host;
    if (plan.aliveEveryMs === 0) return;
    agenda.after(plan.aliveEveryMs, () => {
      if (this.#current !== current) return;
      this.#send(current, { type: 'alive' });
      this.#sayAlive(current);
    });
  }

  #send(current: Current, change: LeaseChange): void {
    const { plan, chance, network, agenda } = this.#host;
    const unsure = !network.calm && change.type !== 'alive';
    if (unsure && chance.hits(plan.dropChangeRatio)) return this.#host.count('change.lost');
    const copies = unsure && chance.hits(plan.duplicateChangeRatio) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const lagMs =
        network.delayMs(this.#host.link) + chance.between(0, network.calm ? Math.min(plan.lagMaxMs, 50) : plan.lagMaxMs);
      current.lastMs = Math.max(current.lastMs, agenda.nowMs + lagMs);
      agenda.at(current.lastMs, () => this.#arrive(current, change));
    }
  }

  #arrive(current: Current, change: LeaseChange): void {
    const { link, machine, chance } = this.#host;
    if (this.#current !== current || current.deaf) return;
    if (link.cut === 'both' || link.cut === 'replies') {
      if (chance.hits(0.7)) current.deaf = true;
      else this.hangUp();
      return;
    }
    machine.deliver(() => this.#hear(current, change));
  }

  #hear(current: Current, change: LeaseChange): void {
    if (this.#current !== current) return;
    this.#failures = 0;
    if (!current.heard) this.#host.tell({ type: 'watching', up: true });
    current.heard = true;
    this.#host.tell(inputOf(change, this.#host));
  }
}

function inputOf(change: LeaseChange, { plan, server }: StreamHost): Input {
  if (change.type === 'alive') return { type: 'heard' };
  if (change.type === 'hint' || plan.watch === 'hints') return { type: 'hinted' };
  if (change.type === 'deleted') return { type: 'deleted', revision: change.revision };
  return { type: 'seen', lease: server.timed(change.lease)! };
}
