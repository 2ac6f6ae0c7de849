import { setTimeout as delay } from 'node:timers/promises';
import type { Ensemble, Place } from './ensemble.ts';
import type { Resource } from './resource.ts';
import { endsTheTerm } from './schedule.ts';
import type { Round } from './schedule.ts';
import { sharedNowMs } from './shared-clock.ts';
import { until } from './until.ts';

export interface Patience {
  /** A leader that is gone is replaced within this, in milliseconds. */
  readonly failoverMs: number;
  /** One that is asked to end is replaced within this: sooner than without a release. */
  readonly handOverMs: number;
  /** A fault that is to outlast the lease lasts so long, in milliseconds. */
  readonly lapseMs: number;
}

/** A member that was asked to end has ended within this: it releases, closes its connections, and nothing keeps it. */
const END_MS = 10_000;

/** Does what a round says, and undoes it. @returns what should have come of it and did not. */
export async function conduct(round: Round, ensemble: Ensemble, resource: Resource, patience: Patience): Promise<string[]> {
  const leader = leaderPlace(ensemble, resource);
  if (leader === undefined) return [`nobody leads before the round ${round.fault} of the ${round.target}`];
  const place = round.target === 'leader' ? leader : ensemble.places.find((one) => one !== leader)!;
  const { token } = resource.last!;
  const beganMs = sharedNowMs();
  strike(round, place, ensemble, patience);
  const failures = [...(await comesOfIt(round, resource, token, patience)), ...(await end(round, place))];
  const restMs = (holdsFor(round, patience) ?? 0) - (sharedNowMs() - beganMs);
  await delay(Math.max(0, restMs)); // that is the fault itself: it outlasts the lease, or does not
  await ensemble.heal(place);
  return failures.map((failure) => `${round.fault} of the ${round.target}: ${failure}`);
}

function leaderPlace(ensemble: Ensemble, resource: Resource): Place | undefined {
  return resource.last && ensemble.placeOf(resource.last.member);
}

function strike({ fault, holdMs }: Round, place: Place, ensemble: Ensemble, { lapseMs }: Patience): void {
  const { member, proxy } = place;
  switch (fault) {
    case 'kill':
      return member.signal('SIGKILL');
    case 'terminate':
      return member.signal('SIGTERM');
    case 'freeze':
    case 'doze':
      return member.signal('SIGSTOP');
    case 'stall':
      return member.tell({ type: 'stall', ms: lapseMs });
    case 'slow':
      return ensemble.setWeather(place, { kind: fault, ms: holdMs / 10 });
    case 'silent':
    case 'deaf':
    case 'refusing':
      return ensemble.setWeather(place, { kind: fault });
    case 'reset':
      return proxy?.reset();
  }
}

async function comesOfIt(round: Round, resource: Resource, token: bigint, patience: Patience): Promise<string[]> {
  if (!endsTheTerm(round)) return [];
  const withinMs = round.fault === 'terminate' ? patience.handOverMs : patience.failoverMs;
  const another = await until(() => resource.last!.token > token, withinMs);
  return another ? [] : [`no other led within ${withinMs} ms`];
}

/** For how long the fault lasts at least. */
function holdsFor({ fault, holdMs }: Round, { lapseMs }: Patience): number | undefined {
  if (fault === 'freeze' || fault === 'stall') return lapseMs;
  return fault === 'kill' || fault === 'terminate' || fault === 'reset' ? undefined : holdMs;
}

async function end({ fault }: Round, { member }: Place): Promise<string[]> {
  if (fault !== 'kill' && fault !== 'terminate') return [];
  if (!(await until(() => !member.isRunning, END_MS))) return ['it did not end'];
  if (fault === 'kill' || member.exitCode === 0) return [];
  return [`it ended with ${member.exitCode}: ${member.said}`];
}
