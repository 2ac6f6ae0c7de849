import { NOWHERE } from './cancel.ts';
import type { CancelTarget } from './cancel.ts';
import type { Trail } from './trail.ts';
import type { Watch } from './watch.ts';

/** What most runs never need: whom to tell of a cancellation, what was left behind, what subscribers want to know. */
export class Rare {
  /** Who is told of a cancellation, and from which depth. */
  targets: Map<CancelTarget, number> | undefined = undefined;
  controller: AbortController | undefined = undefined;
  controllerDepth: number = 0;
  /** Operations left behind that have not ended. */
  #stragglers: Set<Straggler> | undefined = undefined;
  /** What the policies did about the call; kept by its first frame. */
  trail: Trail | undefined = undefined;
  /** Of the running attempt, if somebody wants to know. */
  watch: Watch | undefined = undefined;
  /** Kept while somebody is subscribed: when the call began, and how often its operation was called. */
  startedAt: number = Number.NaN;
  operations: number = 0;

  leaveBehind(operation: PromiseLike<unknown>): void {
    const stragglers = (this.#stragglers ??= new Set());
    const ended = (): void => void stragglers.delete(straggler);
    const straggler: Straggler = { insideOf: NOWHERE, ended: Promise.resolve(operation).then(ended, ended) };
    stragglers.add(straggler);
  }

  keepStragglersFrom(depth: number): void {
    for (const straggler of this.#stragglers ?? []) straggler.insideOf = Math.min(straggler.insideOf, depth);
  }

  whenSettled(depth: number): Promise<void> | undefined {
    const inside = [...(this.#stragglers ?? [])].filter(({ insideOf }) => insideOf >= depth);
    return inside.length === 0 ? undefined : Promise.all(inside.map(({ ended }) => ended)).then(() => {});
  }
}

interface Straggler {
  /** The deepest stage that was entered before it and still is. */
  insideOf: number;
  readonly ended: Promise<void>;
}
