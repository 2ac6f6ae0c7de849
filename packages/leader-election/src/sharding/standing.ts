import { isOwn } from '../elector/observation.ts';
import type { ElectorSettings } from '../elector/settings.ts';
import type { ElectorState, Observation } from '../elector/state.ts';
import type { Lease } from '../lease.ts';

/** What a member knows of one shard. */
export interface Standing {
  readonly shard: string;
  /** Whose it is, or will be if what is under way succeeds; `''` for nobody's. */
  readonly owner: string;
  /** Nobody leads it any more: it can be taken, or can as soon as its lease has expired. */
  readonly vacant: boolean;
  /** Another has it, was heard of lately, and has not been asked for it. */
  readonly askable: boolean;
  /** Another has it, and this member has asked for it. */
  readonly asked: boolean;
  /** Of a vacant shard: who had it before, as far as this is known. It is dead, or leaving, or rests. */
  readonly left: string;
  /** Whether its lease has been read. */
  readonly known: boolean;
}

/** What an elector of one's own says of its shard. */
export type Sight = Pick<ElectorState, 'role' | 'claim' | 'successor' | 'observation'>;

/** A holder renews in every retry period, a tenth later at most. One silent for so many may be dead. */
const ALIVE_PERIODS = 1.5;

type Found = Partial<Omit<Standing, 'shard'>>;

export function standingOf(shard: string, sight: Sight, lastHolder: string, nowMs: number, settings: ElectorSettings): Standing {
  const found = ownPart(sight, settings) ?? leasePart(sight.observation, lastHolder, nowMs, settings);
  const known = sight.observation !== undefined;
  return { shard, owner: '', vacant: false, askable: false, asked: false, left: '', known, ...found };
}

/** What this member does itself, which it knows before any lease shows it. */
function ownPart({ role, claim, successor }: Sight, { identity }: ElectorSettings): Found | undefined {
  if (role.kind === 'leading') return { owner: identity };
  if (role.kind === 'releasing' || (role.kind === 'draining' && role.held)) return { owner: successor };
  return claim === undefined ? undefined : { owner: identity };
}

function leasePart(observation: Observation | undefined, lastHolder: string, nowMs: number, settings: ElectorSettings): Found {
  if (observation === undefined) return {};
  const { lease, freeAtMs } = observation;
  if (lease?.reservedBecause !== undefined) return { owner: lease.holder };
  if (lease === undefined || lease.holder === '') return freePart(lease?.handOffTo ?? '', lastHolder, nowMs < freeAtMs, settings);
  if (isOwn(lease, settings)) return { owner: settings.identity }; // of a term that is over; nobody else may take it yet
  return heldPart(lease, freeAtMs, nowMs, settings);
}

/** A lease that was handed over is its heir's for as long as it is left to it. */
function freePart(heir: string, lastHolder: string, isReserved: boolean, { identity }: ElectorSettings): Found {
  if (heir === identity || (heir !== '' && isReserved)) return { owner: heir };
  return { vacant: true, left: lastHolder };
}

function heldPart(lease: Lease, freeAtMs: number, nowMs: number, settings: ElectorSettings): Found {
  const { identity, leaseDurationMs, renewDeadlineMs, retryPeriodMs } = settings;
  const { holder, handOffTo, durationMs } = lease;
  // By then its holder has stopped by itself. Its shards are dealt out together, though they expire one after the other.
  const overAtMs = freeAtMs - (leaseDurationMs - renewDeadlineMs);
  if (nowMs >= overAtMs) return { vacant: true, left: holder };
  if (handOffTo !== '') return { owner: handOffTo, asked: handOffTo === identity };
  // Asking is a write, and starts the wait for the lease's expiry anew: who may be dead must not be asked.
  const isAlive = nowMs < freeAtMs - durationMs + ALIVE_PERIODS * retryPeriodMs;
  return { owner: holder, askable: isAlive && holder !== identity };
}
