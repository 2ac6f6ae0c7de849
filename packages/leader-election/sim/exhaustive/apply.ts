import type { Effect, Failure, Input } from '../../src/elector/inputs.ts';
import type { Action, FaultKind } from './action.ts';
import { checkAbort, checkBegin, checkEnd, checkFinish, checkRequest, checkState, checkWake } from './invariants.ts';
import { serve, write } from './register.ts';
import type { Scope } from './scope.ts';
import { at, isAwaited, PAUSE_MS, settingsOf } from './world.ts';
import type { Draft, ElectorClass, Message, Node, World } from './world.ts';

const HOUR_MS = 3_600_000;

/** Takes one step. @throws {Violation} */
export function apply(world: World, action: Action, scope: Scope, Machine: ElectorClass, effects: Effect[] = []): World {
  const draft: Draft = { ...world, nodes: [...world.nodes], messages: [...world.messages] };
  const step = new Step(draft, scope, Machine, effects);
  step.take(action);
  checkState(draft, scope);
  return draft;
}

/** An event of the daily course costs nothing. */
const RARE: ReadonlySet<Action['kind']> = new Set<Action['kind']>([
  'copy',
  'fault',
  'stop',
  'resign',
  'crash',
  'restart',
  'suspend',
  'forward',
  'back',
  'stream',
  'delete',
]);

class Step {
  readonly #world: Draft;
  readonly #scope: Scope;
  readonly #Machine: ElectorClass;
  /** All that the electors wanted done, for the trace. */
  readonly #effects: Effect[];

  constructor(world: Draft, scope: Scope, Machine: ElectorClass, effects: Effect[]) {
    this.#world = world;
    this.#scope = scope;
    this.#Machine = Machine;
    this.#effects = effects;
  }

  take(action: Action): void {
    if (RARE.has(action.kind) || isPause(action)) this.#world.rareLeft -= 1;
    switch (action.kind) {
      case 'arrive':
        return this.#arrive(action.message, false);
      case 'copy':
        return this.#arrive(action.message, true);
      case 'fault':
        return this.#fail(action.message, action.fault);
      case 'answer':
        return this.#answer(action.message);
      case 'wake':
        return this.#wake(action.node);
      case 'pass':
        return this.#pass(action.node, action.ms);
      case 'see':
        return this.#see(action.node, action.revision);
      case 'settle':
        return this.#settle(action.node);
      case 'stop':
        return this.#tell(action.node, { type: 'stop' });
      case 'resign':
        return this.#tell(action.node, { type: 'resign', to: '' });
      case 'stream':
        return this.#tell(action.node, { type: 'watching', up: !this.#world.nodes[action.node]!.elector.state.watching });
      case 'delete':
        return write(this.#world, this.#scope, undefined);
      case 'crash':
        return this.#crash(action.node);
      case 'restart':
        return this.#restart(action.node);
      case 'suspend':
        this.#world.nowMs += PAUSE_MS;
        return this.#change(action.node, { monoAheadMs: this.#world.nodes[action.node]!.monoAheadMs - PAUSE_MS });
      case 'forward':
      case 'back':
        return this.#change(action.node, {
          wallAheadMs: this.#world.nodes[action.node]!.wallAheadMs + (action.kind === 'forward' ? HOUR_MS : -HOUR_MS),
        });
    }
  }

  #change(index: number, changes: Partial<Node>): void {
    this.#world.nodes[index] = { ...this.#world.nodes[index]!, ...changes };
  }

  #pass(index: number, ms: number): void {
    if (this.#scope.clocks === 'together') this.#world.nowMs += ms;
    else {
      const { monoAheadMs, wallAheadMs } = this.#world.nodes[index]!;
      this.#change(index, { monoAheadMs: monoAheadMs + ms, wallAheadMs: wallAheadMs + ms });
    }
  }

  #wake(index: number): void {
    const node = this.#world.nodes[index]!;
    const now = at(this.#world, node);
    const ms = node.elector.wakeAtMs(now) - now.monoMs;
    if (ms > 0) this.#pass(index, ms);
    this.#tell(index, { type: 'wake' });
    checkWake(this.#world, this.#world.nodes[index]!);
  }

  #see(index: number, revision: bigint): void {
    const { lease } = this.#world.versions.find((version) => version.revision === revision)!;
    this.#tell(index, lease === undefined ? { type: 'deleted', revision } : { type: 'seen', lease });
  }

  #settle(index: number): void {
    const { over, work } = this.#world.nodes[index]!;
    if (work?.aborted === false) this.#world.rareLeft -= 1;
    this.#change(index, { work: undefined });
    if (!over) this.#tell(index, { type: 'worked', failed: false });
  }

  #crash(index: number): void {
    this.#change(index, { up: false, work: undefined });
    this.#forget(({ node, next, answer }) => node === index && (next === undefined || answer !== undefined));
  }

  #restart(index: number): void {
    const { name, life, up, elector } = this.#world.nodes[index]!;
    const next = life + 1;
    if (!up) {
      const reborn = new this.#Machine(settingsOf(name, next, elector.settings.rank));
      this.#change(index, { up: true, over: false, life: next, elector: reborn, begun: 0, ended: true });
    } else this.#change(index, { over: false });
    this.#tell(index, { type: 'start', candidate: true });
    if (this.#scope.watch) this.#tell(index, { type: 'watching', up: true });
  }

  #arrive(index: number, stays: boolean): void {
    const message = this.#world.messages[index]!;
    const answer = serve(this.#world, this.#scope, message);
    this.#world.messages.splice(index, stays ? 0 : 1);
    if (isAwaited(this.#world, message)) this.#world.messages.push({ ...message, answer });
  }

  #fail(index: number, fault: FaultKind): void {
    const message = this.#world.messages[index]!;
    if (fault === 'lost') serve(this.#world, this.#scope, message);
    this.#world.messages.splice(index, 1);
    this.#tell(message.node, { type: 'answered', request: message.request, answer: { type: 'failed', ...failureOf(fault) } });
  }

  #answer(index: number): void {
    const [message] = this.#world.messages.splice(index, 1) as [Message];
    this.#tell(message.node, { type: 'answered', request: message.request, answer: message.answer! });
  }

  #tell(index: number, input: Input): void {
    const node = this.#world.nodes[index]!;
    const elector = node.elector.copy();
    this.#change(index, { elector });
    const effects = elector.step(input, at(this.#world, node));
    this.#effects.push(...effects);
    for (const effect of effects) this.#carryOut(index, effect);
    // An answer that nobody waits for changes nothing, and neither does a read; a write may still arrive.
    this.#forget((message) => message.node === index && isFutile(message) && !isAwaited(this.#world, message));
  }

  #forget(isGone: (message: Message) => boolean): void {
    if (this.#world.messages.some(isGone)) this.#world.messages = this.#world.messages.filter((message) => !isGone(message));
  }

  #carryOut(index: number, effect: Effect): void {
    const node = this.#world.nodes[index]!;
    switch (effect.type) {
      case 'read':
      case 'write': {
        const seen = effect.type === 'read' ? undefined : effect.seen;
        const next = effect.type === 'read' ? undefined : effect.next;
        checkRequest(node, next);
        this.#world.messages.push({ node: index, life: node.life, request: effect.request, seen, next, answer: undefined });
        return undefined;
      }
      case 'begin': {
        const { termId, token } = effect;
        this.#change(index, {
          ...checkBegin(this.#world, node, termId, token),
          work: { termId, token, aborted: false, lapsed: false },
        });
        this.#world.won = new Map([...this.#world.won].filter(([won]) => won !== termId));
        return undefined;
      }
      case 'abort':
        checkAbort(node, effect.termId);
        if (node.work !== undefined) this.#change(index, { work: { ...node.work, aborted: true } });
        return undefined;
      case 'tell':
        if (effect.fact.type === 'term.ended') this.#change(index, checkEnd(node, effect.fact.token));
        return undefined;
      case 'finished':
        checkFinish(node, effect.leftBehind === undefined);
        return this.#change(index, { over: true });
      case 'cancel':
      case 'rewatch':
        return undefined;
    }
  }
}

function isPause(action: Action): boolean {
  return action.kind === 'pass' && action.ms === PAUSE_MS;
}

function isFutile({ next, answer }: Message): boolean {
  return next === undefined || answer !== undefined;
}

const failureOf = (fault: FaultKind): Failure => ({
  fault: fault === 'invalid' || fault === 'throttled' ? fault : 'unreachable',
  mayBeWritten: fault === 'lost' || fault === 'unsure',
  retryAfterMs: fault === 'throttled' ? 2 : undefined,
  error: undefined,
});
