import { subscribe } from '@holdfast/core';
import type { HoldfastEvent } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import type { LeaderElectionOptions } from '../../../src/election-options.ts';
import { leaderElection } from '../../../src/election.ts';
import type { LeaderElection, Work } from '../../../src/election.ts';
import type { LeaseStore } from '../../../src/store.ts';
import type { Term } from '../../../src/term.ts';
import type { Stored } from '../../kube-api/lease-storage.ts';
import { startCluster, until } from '../environment.ts';
import type { Cluster } from '../environment.ts';

export const [namespace, name] = ['default', 'demo'];

export const heldByOther = {
  holderIdentity: 'other',
  leaseDurationSeconds: 15,
  acquireTime: '2026-05-01T10:00:00.000000Z',
  renewTime: '2026-05-01T10:00:00.000000Z',
  leaseTransitions: 0,
};

/** An election on a server. Its sockets are real; its time stands still until a test moves it. */
export class Scene implements AsyncDisposable {
  readonly clock: VirtualClock = new VirtualClock();
  /** What the wall clock says beyond the monotonic one. */
  aheadMs = 1_800_000_000_000;
  /** Those of `election`. */
  readonly terms: Term[] = [];
  readonly cluster: Cluster;
  readonly election: LeaderElection;
  readonly #elections: LeaderElection[] = [];
  readonly #ends: (() => void)[] = [];
  /** Requests that electors wait for. */
  #asked = 0;

  constructor(cluster: Cluster, options: Partial<LeaderElectionOptions>) {
    this.cluster = cluster;
    this.election = this.candidate({ identity: 'me', ...options });
  }

  candidate(options: Partial<LeaderElectionOptions>): LeaderElection {
    const { clock } = this;
    const store = this.#counted(this.cluster.store());
    const wallClock = (): number => this.aheadMs + clock.now();
    const election = leaderElection({ name, store, clock, wallClock, random: () => 0, ...options });
    this.#elections.push(election);
    return election;
  }

  /** @param work goes on until its signal aborts, if none is given. */
  start(work: Work = untilAborted): void {
    this.election.start((term) => {
      this.terms.push(term);
      return work(term);
    });
  }

  /** @returns what `election` tells from now on. */
  listen(): Told {
    const told = new Told();
    const hear = (event: HoldfastEvent): void => {
      if ('election' in event && event.identity === this.election.identity) told.push(event);
    };
    this.#ends.push(subscribe(hear));
    return told;
  }

  /** What was asked of the server, watches left out, in client-go's words. */
  get calls(): string[] {
    const verbs: Record<string, string> = { GET: 'get', POST: 'create', PUT: 'update' };
    return this.cluster.api.seen.filter(({ url }) => !url.includes('watch=')).map(({ method }) => verbs[method] ?? method);
  }

  /** Who asked to be handed the lease, in their own words. */
  get asks(): string[] {
    const written = this.cluster.api.seen.filter(({ method }) => method === 'PUT').map(({ body }) => JSON.parse(body) as Stored);
    return written.flatMap(
      ({ metadata }) => (metadata['annotations'] as Record<string, string>)['holdfast.dev/hand-off-to'] ?? [],
    );
  }

  get spec(): Readonly<Record<string, unknown>> {
    return this.cluster.api.storage.get(namespace, name)!.spec;
  }

  /** Another writes the lease. */
  put(spec: Record<string, unknown>): void {
    const metadata = { ...this.cluster.api.storage.get(namespace, name)?.metadata, name, namespace };
    this.cluster.api.storage.put({ metadata, spec });
  }

  /** Annotates the lease, as an operator does: another revision, and nothing else. */
  annotate(): void {
    const { metadata, spec } = this.cluster.api.storage.get(namespace, name)!;
    const annotations = { ...(metadata['annotations'] as Record<string, string>), note: String(this.calls.length) };
    this.cluster.api.storage.put({ metadata: { ...metadata, annotations }, spec });
  }

  /** Lets time go by, no faster than the server answers. */
  async pass(ms: number): Promise<void> {
    for (let leftMs = ms; leftMs > 0; leftMs -= STEP_MS) {
      await this.clock.advance(Math.min(STEP_MS, leftMs));
      await this.quiet();
    }
  }

  /** Until all that was asked is answered. */
  quiet(): Promise<void> {
    return until(() => this.#asked === 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#elections.map((election) => election.stop()));
    for (const end of this.#ends) end();
    await this.cluster[Symbol.asyncDispose]();
  }

  #counted(store: LeaseStore): LeaseStore {
    const counted = async <T>(answer: Promise<T>): Promise<T> => {
      this.#asked += 1;
      try {
        return await answer;
      } finally {
        this.#asked -= 1;
      }
    };
    return {
      kind: store.kind,
      read: (...request) => counted(store.read(...request)),
      write: (...request) => counted(store.write(...request)),
      watch: (...request) => store.watch!(...request),
    };
  }
}

const STEP_MS = 50;

export async function scene(options: Partial<LeaderElectionOptions> = {}): Promise<Scene> {
  return new Scene(await startCluster(), options);
}

/** One whose election leads. */
export async function leads(options?: Partial<LeaderElectionOptions>): Promise<Scene> {
  const made = await scene(options);
  made.start();
  await until(() => made.election.isLeader);
  return made;
}

/** The events of one candidate. */
export class Told extends Array<HoldfastEvent> {
  get types(): string[] {
    return Array.from(this, ({ type }) => type);
  }

  /** Identities; `''` for nobody. */
  get leaders(): string[] {
    return Array.from(this).flatMap((event) => (event.type === 'leader.changed' ? [event.leader?.identity ?? ''] : []));
  }
}

async function untilAborted({ signal }: Term): Promise<void> {
  await new Promise((ended) => signal.addEventListener('abort', ended));
}
