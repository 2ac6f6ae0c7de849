import type { Elector } from '../src/elector/elector.ts';
import type { ElectorSettings } from '../src/elector/settings.ts';
import type { Answer, Input } from '../src/elector/inputs.ts';
import type { Lease } from '../src/lease.ts';
import { Agenda } from './agenda.ts';
import { Book } from './book.ts';
import type { TermEntry } from './book.ts';
import { Candidate } from './candidate.ts';
import { Chance } from './chance.ts';
import { demandsExclusion, judgeStandings } from './judge-standing.ts';
import type { Standing } from './judge-standing.ts';
import { enter, judgeWrite } from './judge-writes.ts';
import { leaseText } from './journal.ts';
import type { Journal } from './journal.ts';
import { Machine } from './machine.ts';
import { MachineClock } from './machine-clock.ts';
import { Network } from './network.ts';
import type { Link } from './network.ts';
import { Resource } from './resource.ts';
import type { Scenario } from './scenario.ts';
import { Server } from './server.ts';
import type { WriteRequest } from './server.ts';
import { Violation } from './violation.ts';
import type { Rule } from './violation.ts';

/** The class under test: the package's own, or a mutant of it. */
export type ElectorClass = new (settings: ElectorSettings) => Elector;

/** How often what happened. */
export type Counts = Map<string, number>;

const WALL_MS = 1_700_000_000_000;

/** Everything there is in one run: machines with candidates, a network, a store, a resource, and the judge of it all. */
export class World {
  readonly scenario: Scenario;
  readonly ElectorClass: ElectorClass;
  readonly agenda: Agenda = new Agenda();
  readonly book: Book = new Book();
  readonly counts: Counts = new Map();
  readonly server: Server;
  readonly network: Network;
  readonly candidates: readonly Candidate[];
  /** Whether nothing goes wrong any more. */
  calm = false;
  /** Whether a read may ever tell of the past. */
  readonly staleReads: boolean;
  /** True time of the last release that the store carried out, and what it released. */
  lastBegun: { readonly termId: string; readonly by: Candidate } | undefined = undefined;
  lastRelease: { readonly termId: string; readonly atMs: number } | undefined = undefined;
  readonly #journal: Journal | undefined;
  readonly #resource = new Resource();
  readonly #exclusive: boolean;
  readonly #standings: Standing[] = [];

  constructor(scenario: Scenario, ElectorClass: ElectorClass, journal?: Journal) {
    const { seed, nodes, network, store, incidents } = scenario;
    this.scenario = scenario;
    this.ElectorClass = ElectorClass;
    this.#journal = journal;
    this.#exclusive = demandsExclusion(scenario);
    this.staleReads = incidents.some((incident) => incident.type === 'outage' && incident.fault === 'stale');
    const count = (what: string): void => this.count(what);
    this.network = new Network(network, new Chance(seed, 'network'), this.agenda, count);
    this.server = new Server(store, new Chance(seed, 'server'), {
      count,
      nowMs: () => this.agenda.nowMs,
      committed: (request, before, changedAtMs, after) => this.#committed(request, before, changedAtMs, after),
    });
    this.candidates = nodes.map((plan, node) => {
      const chance = new Chance(seed, `node ${node}`);
      const clock = new MachineClock(plan.rate, chance.between(0, 1e7), WALL_MS + plan.wallOffsetMs);
      return new Candidate(node, plan, new Machine(clock, this.agenda), chance, this);
    });
  }

  /** Runs what is next. @returns false when nothing is. @throws {Violation} */
  step(): boolean {
    const more = this.agenda.step();
    this.#judge();
    return more;
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  demand(holds: boolean, rule: Rule, message: string): void {
    if (!holds) throw new Violation(rule, message);
  }

  log(node: number | undefined, text: string): void {
    this.#journal?.add(this.agenda.nowMs, node, text);
  }

  logAnswer(node: number, answer: Answer): void {
    if (this.#journal === undefined) return;
    if (answer.type === 'failed')
      this.log(node, `hears ${answer.error as string}${answer.mayBeWritten ? ', perhaps written' : ''}`);
    else this.log(node, `hears ${answer.type}${answer.type === 'conflict' ? '' : `: ${leaseText(answer.lease)}`}`);
  }

  logWatch(node: number, input: Input): void {
    if (this.#journal === undefined || input.type === 'heard') return;
    const told =
      input.type === 'seen' ? `: ${leaseText(input.lease)}` : input.type === 'watching' ? ` ${input.up ? 'up' : 'down'}` : '';
    this.log(node, `watch: ${input.type}${told}`);
  }

  writeToResource(link: Link, term: TermEntry): void {
    this.network.tell(link, () => {
      const accepted = this.#resource.write(term, term.token!);
      this.count(accepted ? 'resource.accepted' : 'resource.refused');
    });
  }

  /** The store's lease has changed: streams tell of it. */
  changed(): void {
    const { revision, lease } = this.server.register.history.at(-1)!;
    this.log(undefined, `store has ${leaseText(lease)}`);
    for (const { stream } of this.candidates) stream.changed(revision, lease);
  }

  /** Somebody takes the lease from its holder by hand. */
  rob(): void {
    const holder = this.book.get(this.server.register.lease?.termId ?? '');
    if (holder !== undefined) holder.robbed = true;
  }

  #committed(request: WriteRequest, before: Lease | undefined, changedAtMs: number, after: Lease): void {
    const { store } = this.scenario;
    const { plan, identity, machine } = this.candidates[request.node]!;
    const { nowMs } = this.agenda;
    const storeRate = store.clock ? store.rate : undefined;
    const committed = { request, writer: plan, identity, before, unchangedMs: nowMs - changedAtMs, after, storeRate };
    const kind = judgeWrite(committed, this.book);
    enter(kind, committed, machine.life, nowMs, this.book);
    if (kind === 'release') this.lastRelease = { termId: before!.termId, atMs: nowMs };
    this.count(`store.${kind}`);
    this.changed();
  }

  #judge(): void {
    const standings = this.#standings;
    standings.length = 0;
    for (const candidate of this.candidates) {
      const standing = candidate.standing();
      if (standing !== undefined) standings.push(standing);
    }
    if (standings.length > 0) judgeStandings(standings, this.#exclusive);
  }
}
