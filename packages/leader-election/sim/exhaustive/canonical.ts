import type { Answer, RequestKind, TermEnd } from '../../src/elector/inputs.ts';
import type { Instant } from '../../src/elector/instant.ts';
import type { ElectorState, Role, Tenure } from '../../src/elector/state.ts';
import type { Lease, LeaseRecord } from '../../src/lease.ts';
import { Mixer } from './visited.ts';
import type { Key } from './visited.ts';
import { at, isAwaited, TIMES } from './world.ts';
import type { Message, Node, World } from './world.ts';

/*
 * Two worlds that can only go on alike get one key. Taken away are: which moment it is (times count from the node's own present, and
 * how long ago something was counts only as far as anything depends on it), how great revisions are (only their order counts), how
 * terms and requests are numbered, which of nodes of one rank is which, and what is written for people: dates and transitions.
 */

const ROLES: readonly Role['kind'][] = ['idle', 'following', 'leading', 'draining', 'releasing'];
const KINDS: readonly RequestKind[] = ['read', 'acquire', 'renew', 'release', 'ask'];
const ANSWERS: readonly Answer['type'][] = ['read', 'written', 'conflict', 'failed'];
const REASONS: readonly TermEnd[] = ['returned', 'failed', 'resigned', 'handed_over'];
const NEVER = 1_000_000;

export class Canonical {
  readonly #mixer = new Mixer();
  readonly #local = new Mixer();
  #world!: World;
  #order: readonly number[] = [];
  #revisions: bigint[] = [];
  #leases = new Map<bigint, Lease>();
  #terms: string[] = [];

  keyOf(world: World): Key {
    this.#world = world;
    this.#collect();
    const signs = world.nodes.map((node) => this.#signOf(node));
    return ordersOf(signs)
      .map((order) => this.#keyIn(order, signs))
      .reduce((least, key) => (key.high < least.high || (key.high === least.high && key.low < least.low) ? key : least));
  }

  #keyIn(order: readonly number[], signs: readonly Key[]): Key {
    this.#order = order;
    this.#terms = [];
    this.#mixer.begin();
    this.#addRegister();
    for (const index of order) this.#addNode(this.#world.nodes[index]!, signs[index]!);
    order.forEach((index, place) => this.#addMessages(index, place));
    return this.#mixer.end();
  }

  #signOf(node: Node): Key {
    this.#local.begin();
    addLocal(node, this.#world, (value) => this.#local.add(value));
    return this.#local.end();
  }

  /** Every revision there is, in order, and what was written at it where that may still matter. */
  #collect(): void {
    const { revision, lease, nodes, messages, versions, won } = this.#world;
    this.#revisions = [revision];
    this.#leases.clear();
    this.#know(lease);
    for (const { elector, work } of nodes) {
      const { observation, role, refused } = elector.state;
      if (refused !== 'none') this.#know(refused);
      this.#know(observation?.lease);
      this.#know(observation?.revision);
      if ('tenure' in role) this.#know(role.tenure.lease);
      this.#know(work?.token);
    }
    for (const { seen, answer } of messages) {
      this.#know(seen);
      if (answer?.type === 'read' || answer?.type === 'written') this.#know(answer.lease);
    }
    for (const version of versions) this.#know(version.lease ?? version.revision);
    for (const wonAt of won.values()) this.#know(wonAt);
    this.#revisions.sort((one, other) => (one < other ? -1 : 1));
  }

  #know(of: Lease | bigint | undefined): void {
    if (of === undefined) return;
    const revision = typeof of === 'bigint' ? of : of.revision;
    if (typeof of !== 'bigint') this.#leases.set(revision, of);
    if (!this.#revisions.includes(revision)) this.#revisions.push(revision);
  }

  #addRegister(): void {
    const { rareLeft, revision, lease, versions } = this.#world;
    this.#mixer.add(rareLeft);
    this.#addRank(revision);
    this.#mixer.add(lease === undefined ? 0 : 1);
    for (const known of this.#revisions) this.#addRecord(this.#leases.get(known));
    for (const version of versions) this.#addRank(version.revision);
  }

  #addRank(revision: bigint | undefined): void {
    this.#mixer.add(revision === undefined ? -1 : this.#revisions.indexOf(revision));
  }

  #addRecord(record: LeaseRecord | undefined): void {
    if (record === undefined) return this.#mixer.add(-7);
    this.#addTerm(record.termId);
    this.#mixer.add(this.#renewalOf(record));
    this.#addName(record.handOffTo);
  }

  /** Renewals count from that of the present term; of any other it does not matter. */
  #renewalOf({ termId, renewal }: LeaseRecord): number {
    if (termId === '') return 0;
    const { role } = this.#world.nodes[indexOfNode(termId)]!.elector.state;
    return 'tenure' in role && role.tenure.termId === termId ? renewal - role.tenure.renewal : 0;
  }

  /** Terms by the order in which they are met; the first time also whose it is, and when it was won. */
  #addTerm(termId: string): void {
    const known = this.#terms.indexOf(termId);
    this.#mixer.add(termId === '' ? -2 : known);
    if (termId === '' || known >= 0) return;
    this.#terms.push(termId);
    const index = indexOfNode(termId);
    this.#mixer.add(this.#order.indexOf(index));
    this.#mixer.add(termId.startsWith(`${this.#world.nodes[index]!.elector.settings.electorId}.`) ? 1 : 0);
    this.#addRank(this.#world.won.get(termId));
  }

  #addName(name: string): void {
    this.#mixer.add(name === '' ? -1 : this.#order.indexOf(indexOfNode(name)));
  }

  #addNode({ elector, work }: Node, sign: Key): void {
    const { observation, claim, askedTermId, successor, role, refused } = elector.state;
    this.#mixer.add(sign.high);
    this.#mixer.add(sign.low);
    if (elector.state.role.kind === 'idle') return; // it forgets all when it starts again
    this.#addRank(observation?.lease?.revision);
    this.#addRank(observation?.revision);
    if (refused === 'none') this.#mixer.add(-3);
    else this.#addRank(refused?.revision);
    this.#addTerm(claim?.termId ?? '');
    this.#addTerm(askedTermId);
    this.#addName(successor);
    this.#addTerm(work?.termId ?? '');
    this.#addRank(work?.token);
    if (!('tenure' in role)) return;
    this.#addTerm(role.tenure.termId);
    this.#addRank(role.tenure.lease.revision);
  }

  #addMessages(owner: number, place: number): void {
    for (const message of this.#world.messages) {
      if (message.node !== owner) continue;
      this.#mixer.add(place);
      this.#addMessage(message);
    }
  }

  #addMessage(message: Message): void {
    const { life, seen, next, answer } = message;
    this.#mixer.add(life === this.#world.nodes[message.node]!.life ? 1 : 0);
    this.#mixer.add(isAwaited(this.#world, message) ? 1 : 0);
    this.#mixer.add(answer === undefined ? -1 : ANSWERS.indexOf(answer.type));
    if (answer?.type === 'read' || answer?.type === 'written') this.#addRank(answer.lease?.revision);
    this.#mixer.add(next === undefined ? 0 : 1);
    if (next === undefined || answer !== undefined) return;
    this.#addRank(seen?.revision);
    this.#addRecord(next);
  }
}

/** Nodes in the order of what each knows of itself; those that look alike in every order. */
function ordersOf(signs: readonly Key[]): readonly (readonly number[])[] {
  let orders: (readonly number[])[] = [[]];
  const places = signs.map((_, index) => index).sort((one, other) => signs[one]!.low - signs[other]!.low);
  for (const place of places) {
    const alike = places.filter((other) => signs[other]!.low === signs[place]!.low);
    orders = orders.flatMap((order) => alike.filter((index) => !order.includes(index)).map((index) => [...order, index]));
  }
  return orders;
}

const indexOfNode = (nameOrTermId: string): number => nameOrTermId.charCodeAt(0) - 'a'.charCodeAt(0);

/** All of a node that names neither a lease nor another node. */
function addLocal(node: Node, world: World, add: (value: number) => void): void {
  const { state, settings } = node.elector;
  add(settings.rank);
  add((node.up ? 1 : 0) + (node.over ? 2 : 0) + (node.ended ? 4 : 0) + (state.stopping ? 8 : 0) + (state.jumped ? 16 : 0));
  add(node.work === undefined ? 0 : 1 + (node.work.aborted ? 2 : 0) + (node.work.lapsed ? 4 : 0));
  if (node.up && !node.over) addState(state, settings.rank, at(world, node), add);
}

function addState(state: ElectorState, rank: number, now: Instant, add: (value: number) => void): void {
  const { role, pending, claim, observation } = state;
  const addMs = (ms: number, floorMs = 0): void =>
    add(Number.isFinite(ms) ? Math.max(ms - now.monoMs, -floorMs) : Math.sign(ms) * NEVER);
  const addInstant = ({ monoMs, wallMs }: Instant, floorMs: number): void => {
    addMs(monoMs, floorMs);
    add(wallMs - now.wallMs - (monoMs - now.monoMs)); // how the clocks have moved against one another since
  };
  add(ROLES.indexOf(role.kind));
  add(pending === undefined ? -1 : KINDS.indexOf(pending.kind));
  if (pending !== undefined) addInstant(pending.sentAt, TIMES.leaseDurationMs);
  if (claim !== undefined) addInstant(claim.sentAt, TIMES.renewDeadlineMs);
  if (observation !== undefined) addMs(observation.freeAtMs, rank * TIMES.rankDelayMs);
  add(observation?.ranked === true ? 1 : 0);
  addMs(state.pollAtMs);
  addMs(state.holdOffUntilMs);
  addMs(state.restUntilMs);
  add(state.watching ? 1 : 0);
  addMs(state.heardAtMs, TIMES.leaseDurationMs);
  addMs(state.readAtMs, TIMES.leaseDurationMs);
  // Of what was told during a request it matters only whether it was.
  add(state.pending !== undefined && state.pending.request < state.hintedBefore ? 1 : 0);
  add(state.pending !== undefined && state.pending.request < state.shownBefore ? 1 : 0);
  add(state.shortTerms);
  if ('tenure' in role) addTenure(role.tenure, addMs, addInstant, add);
  if ('untilMs' in role) addMs(role.untilMs);
  if ('reason' in role) add(role.reason === undefined ? -2 : REASONS.indexOf(role.reason)); // of the others nothing depends on which it is
  if (role.kind === 'draining') add(role.held ? 1 : 0);
}

function addTenure(
  tenure: Tenure,
  addMs: (ms: number, floorMs?: number) => void,
  addInstant: (instant: Instant, floorMs: number) => void,
  add: (value: number) => void,
): void {
  addMs(tenure.startedAtMs, TIMES.leaseDurationMs);
  addInstant(tenure.confirmed, TIMES.renewDeadlineMs);
  addMs(tenure.nextAtMs);
  add(tenure.doubtful ? 1 : 0);
  add(tenure.unanswered.length);
  for (const { renewal, sentAt } of tenure.unanswered) {
    add(renewal - tenure.renewal);
    addInstant(sentAt, TIMES.renewDeadlineMs);
  }
}
