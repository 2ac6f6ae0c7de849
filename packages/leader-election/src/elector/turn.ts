import type { Lease, LeaseRecord } from '../lease.ts';
import type { Effect, Fact, RequestKind } from './inputs.ts';
import type { Instant } from './instant.ts';
import { observe } from './observation.ts';
import { heirGapMs, pollGapMs } from './settings.ts';
import type { ElectorSettings } from './settings.ts';
import type { ElectorState } from './state.ts';

/** One step of an elector: what it goes by, what it changes, and what it wants done. */
export interface Turn {
  readonly settings: ElectorSettings;
  readonly state: ElectorState;
  readonly at: Instant;
  readonly effects: Effect[];
}

export function tell({ effects }: Turn, fact: Fact): void {
  effects.push({ type: 'tell', fact });
}

export function sendRead({ state, at, effects }: Turn): void {
  const request = state.requests++;
  state.pending = { request, kind: 'read', sentAt: at };
  effects.push({ type: 'read', request });
}

export function sendWrite(
  { state, at, effects }: Turn,
  kind: Exclude<RequestKind, 'read'>,
  seen: Lease | undefined,
  next: LeaseRecord,
): void {
  const request = state.requests++;
  state.pending = { request, kind, sentAt: at };
  effects.push({ type: 'write', request, seen, next });
}

export function cancelPending({ state, effects }: Turn): void {
  if (state.pending === undefined) return;
  effects.push({ type: 'cancel', request: state.pending.request });
  state.pending = undefined;
}

/** Takes note of the lease as it is, and tells observers of another leader. */
export function note(turn: Turn, lease: Lease | undefined): void {
  const { state, settings, at } = turn;
  const before = state.observation?.lease;
  const known = state.observation !== undefined;
  state.observation = observe(state.observation, lease, at.monoMs, settings);
  if (known && leaderOf(before) === leaderOf(lease)) return;
  tell(turn, { type: 'leader.changed', lease });
}

function leaderOf(lease: Lease | undefined): string {
  return lease === undefined ? '' : `${lease.termId} ${lease.holder}`;
}

/** The next read that is due whatever happens. Who is to have the lease looks often enough not to miss it while others leave it. */
export function pollLater({ state, settings, at }: Turn): void {
  const meant = state.observation?.lease?.handOffTo === settings.identity;
  state.pollAtMs = at.monoMs + (state.watching ? settings.leaseDurationMs : meant ? heirGapMs(settings) : pollGapMs(settings));
}
