import { Ensemble } from '../test/chaos/ensemble.ts';
import type { Place } from '../test/chaos/ensemble.ts';
import type { Backend } from '../test/chaos/backend.ts';
import type { Durations, FromMember } from '../test/chaos/messages.ts';
import { Resource } from '../test/chaos/resource.ts';
import { sharedNowMs } from '../test/chaos/shared-clock.ts';
import { until } from '../test/chaos/until.ts';

export const MEMBERS = 3;
/** The leader works while it is measured, and not so much that it is work that is measured. */
const WRITE_EVERY_MS = 250;
const PATIENCE_MS = 60_000;

/** How long somebody led no more, in milliseconds. */
export interface Gap {
  /** From the signal to the first work of the next leader. */
  readonly sinceSignalMs: number;
  /** From the end of the old leader's work; `undefined` if that was killed. */
  readonly sinceWorkMs: number | undefined;
}

/** An election of three processes, straight on the server, whose leader is ended over and over. */
export class MeasuredElection implements AsyncDisposable {
  readonly #ensemble: Ensemble;
  readonly #resource: Resource;

  private constructor(ensemble: Ensemble, resource: Resource) {
    this.#ensemble = ensemble;
    this.#resource = resource;
  }

  static async start(
    backend: Backend,
    durations: Durations,
    hear: (message: FromMember) => void = () => {},
  ): Promise<MeasuredElection> {
    const resource = new Resource();
    const options = { ...durations, backend, members: MEMBERS, writeEveryMs: WRITE_EVERY_MS, proxies: false };
    const ensemble = await Ensemble.start({ ...options, election: `figures-${crypto.randomUUID()}` }, (message, member) => {
      hear(message);
      resource.hear(message, member);
    });
    return new MeasuredElection(ensemble, resource);
  }

  /** Waits until one leads and all others follow it, told of changes by the store. @returns the leader's place, and the others'. */
  async ready(): Promise<{ leader: Place; followers: Place[] }> {
    let leader: string | undefined;
    const calm = await until(async () => {
      const statuses = await Promise.all(this.#ensemble.places.map(({ member }) => member.status()));
      leader = statuses[0]?.leader;
      return leader !== undefined && statuses.every((status) => status?.watching === true && status.leader === leader);
    }, PATIENCE_MS);
    const place = leader === undefined ? undefined : this.#ensemble.placeOf(leader);
    if (!calm || place === undefined) throw new Error('The candidates have not agreed on a leader');
    return { leader: place, followers: this.#ensemble.places.filter((other) => other !== place) };
  }

  /** Ends the leader, and starts another candidate when the next one leads. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<Gap> {
    const { leader } = await this.ready();
    const { stretches } = this.#resource;
    const before = stretches.length;
    const signalledMs = sharedNowMs();
    leader.member.signal(signal);
    if (!(await until(() => stretches.length > before, PATIENCE_MS))) throw new Error('Nobody took over');
    const { beganMs } = stretches[before]!;
    await leader.member.exited();
    await this.#ensemble.heal(leader);
    const { settledMs } = stretches[before - 1]!;
    const sinceWorkMs = settledMs === undefined ? undefined : beganMs - settledMs;
    return { sinceSignalMs: beganMs - signalledMs, sinceWorkMs };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ensemble[Symbol.asyncDispose]();
  }
}
