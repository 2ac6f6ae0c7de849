import type { Backend } from './backend.ts';
import { MemberProcess } from './member-process.ts';
import type { Durations, FromMember } from './messages.ts';
import { Proxy } from './proxy.ts';
import type { Weather } from './proxy.ts';

/** A place for a member: when one ends, another is started in it, behind the same proxy. */
export interface Place {
  readonly proxy: Proxy | undefined;
  member: MemberProcess;
}

export interface EnsembleOptions extends Durations {
  readonly election: string;
  readonly backend: Backend;
  readonly members: number;
  readonly writeEveryMs: number;
  /** @default true: each behind a proxy of its own, if there is a network */
  readonly proxies?: boolean;
}

/** The members of one election, in processes of their own. */
export class Ensemble implements AsyncDisposable {
  readonly places: Place[] = [];
  readonly #options: EnsembleOptions;
  readonly #hear: (message: FromMember, member: MemberProcess) => void;
  #started = 0;

  private constructor(options: EnsembleOptions, hear: (message: FromMember, member: MemberProcess) => void) {
    this.#options = options;
    this.#hear = hear;
  }

  /** @returns when all run as candidates. */
  static async start(options: EnsembleOptions, hear: (message: FromMember, member: MemberProcess) => void): Promise<Ensemble> {
    const ensemble = new Ensemble(options, hear);
    try {
      await Promise.all(Array.from({ length: options.members }, () => ensemble.#open()));
      return ensemble;
    } catch (error) {
      await ensemble[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Those that run. */
  get members(): MemberProcess[] {
    return this.places.map(({ member }) => member).filter(({ isRunning }) => isRunning);
  }

  placeOf(identity: string): Place | undefined {
    return this.places.find(({ member }) => member.identity === identity);
  }

  /** Starts another member where one has ended. */
  async refill(place: Place): Promise<void> {
    await this.#startIn(place.proxy, (member) => (place.member = member));
  }

  /** Undoes what was done to a place, and waits until a candidate runs there again. */
  async heal(place: Place): Promise<void> {
    if (place.proxy !== undefined) place.proxy.weather = { kind: 'fair' };
    place.member.signal('SIGCONT');
    if (!place.member.isRunning) await this.refill(place);
  }

  setWeather({ proxy }: Place, weather: Weather): void {
    if (proxy !== undefined) proxy.weather = weather;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { member } of this.places) member.signal('SIGKILL');
    await Promise.all(this.places.map(({ member }) => member.exited()));
    for (const { proxy } of this.places) await proxy?.close();
  }

  async #open(): Promise<void> {
    const { backend, proxies = true } = this.#options;
    const proxy = proxies && backend.server !== undefined ? await Proxy.listen(backend.server) : undefined;
    await this.#startIn(proxy, (member) => this.places.push({ proxy, member }));
  }

  /** @param take is given the member at once, so that it is known before it has started. */
  async #startIn(proxy: Proxy | undefined, take: (member: MemberProcess) => void): Promise<void> {
    const { backend, election, writeEveryMs, leaseDurationMs, renewDeadlineMs, retryPeriodMs } = this.#options;
    const durations = { leaseDurationMs, renewDeadlineMs, retryPeriodMs };
    const identity = `member-${++this.#started}`;
    const spec = backend.spec(proxy?.port ?? backend.server?.port ?? 0);
    const started = Promise.withResolvers<void>();
    const hear = (message: FromMember, from: MemberProcess): void => {
      if (message.type === 'started') started.resolve();
      this.#hear(message, from);
    };
    const member = new MemberProcess({ ...durations, election, identity, writeEveryMs, backend: spec }, hear);
    take(member);
    const ended = member.exited().then(() => {
      throw new Error(`${identity} did not start: ${member.said}`);
    });
    await Promise.race([started.promise, ended]);
    ended.catch(() => {}); // what it ends of later is told elsewhere
  }
}
