import type { Elector } from '../../src/elector/elector.ts';
import type { Answer } from '../../src/elector/inputs.ts';
import type { Instant } from '../../src/elector/instant.ts';
import type { ElectorSettings } from '../../src/elector/settings.ts';
import type { Lease, LeaseRecord } from '../../src/lease.ts';

/** The class under test: the machine itself, or a copy with a bug sown in. */
export type ElectorClass = typeof Elector;

/** What runs under a term of one elector, until it settles. */
export interface Work {
  readonly termId: string;
  readonly token: bigint;
  readonly aborted: boolean;
  /** The term was seen to have lapsed; it must not be held again. */
  readonly lapsed: boolean;
}

/** A process with one elector in it. */
export interface Node {
  readonly name: string;
  /** Which start of the process this is, from 1: part of the elector's id. */
  readonly life: number;
  readonly up: boolean;
  /** Its elector has said that it is finished. */
  readonly over: boolean;
  readonly elector: Elector;
  readonly work: Work | undefined;
  /** Number of the last term whose work began, and whether its end was told. */
  readonly begun: number;
  readonly ended: boolean;
  /** By how much its clocks are ahead of true time, in milliseconds. */
  readonly monoAheadMs: number;
  readonly wallAheadMs: number;
}

/** A request on its way to the store, or an answer on its way back. One that never moves again is one that the network has dropped. */
export interface Message {
  readonly node: number;
  readonly life: number;
  readonly request: number;
  /** A read has no `next`. */
  readonly seen: Lease | undefined;
  readonly next: LeaseRecord | undefined;
  /** There once the store has seen it. */
  readonly answer: Answer | undefined;
}

/** One version of the lease, for the watch: without a lease it is a deletion. */
export interface Version {
  readonly revision: bigint;
  readonly lease: Lease | undefined;
}

/** Everything there is, at one moment. Never changed: each step makes another, which shares what stays the same. */
export interface World {
  readonly nowMs: number;
  readonly nodes: readonly Node[];
  readonly lease: Lease | undefined;
  /** Of the last write or deletion. */
  readonly revision: bigint;
  /** The last versions, oldest first. */
  readonly versions: readonly Version[];
  readonly messages: readonly Message[];
  /** The revision at which each term first stood in the register, of terms that have not begun. */
  readonly won: ReadonlyMap<string, bigint>;
  /** How many rare events may still happen. */
  readonly rareLeft: number;
}

/** A world in the making. */
export type Draft = { -readonly [K in keyof World]: World[K] } & { nodes: Node[]; messages: Message[] };

/** Milliseconds, as small as lets every deadline fall on a different side of every other. */
export const TIMES = {
  leaseDurationMs: 6,
  renewDeadlineMs: 5,
  requestTimeoutMs: 3,
  retryPeriodMs: 1,
  drainTimeoutMs: 2,
  clockJumpMs: 1,
  rankDelayMs: 1,
} as const;

/** A process that stands still for so long has lost whatever it held. */
export const PAUSE_MS: number = TIMES.leaseDurationMs + 1;

export function settingsOf(name: string, life: number, rank: number): ElectorSettings {
  return { ...TIMES, identity: name, electorId: `${name}${life}`, rank, random: () => 0 };
}

export function at({ nowMs }: World, { monoAheadMs, wallAheadMs }: Node): Instant {
  return { monoMs: nowMs + monoAheadMs, wallMs: nowMs + wallAheadMs };
}

/** Whether its elector still waits for the answer to this. */
export function isAwaited({ nodes }: World, { node, life, request }: Message): boolean {
  const { up, life: present, elector } = nodes[node]!;
  return up && present === life && elector.state.pending?.request === request;
}
