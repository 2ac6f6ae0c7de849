import { ConfigError } from '@holdfast/core';
import { anything, count, durationMs, readPart } from '@holdfast/core/options';
import { CountWindow } from './count-window.ts';
import { RollingWindow } from './rolling-window.ts';
import type { Slice } from './rolling-window.ts';
import type { Settings } from './settings.ts';
import { closed } from './state.ts';
import type { CircuitState, State } from './state.ts';
import type { RanKind } from './tally.ts';

/**
 * The state of a circuit as plain JSON, for a process that ends before its circuit has anything to say. All times are lengths, so
 * it means the same in any process on any machine.
 */
export interface SavedCircuit {
  readonly version: 1;
  readonly state: CircuitState;
  /** Milliseconds until trial calls are let through; 0 unless open. */
  readonly openForMs: number;
  /** Milliseconds since it closed; 0 unless closed. */
  readonly closedForMs: number;
  /** Milliseconds until all calls are let through again; 0 without a ramp. */
  readonly rampForMs: number;
  readonly openings: number;
  readonly consecutiveFailures: number;
  /** What a time window holds. */
  readonly slices: readonly Slice[];
  /** What a window of calls holds, oldest first: `.` a success, `s` slow, `f` a failure. */
  readonly outcomes: string;
}

export interface ImportOptions {
  /**
   * Milliseconds since the state was exported, if you know, as from a timestamp you stored beside it: open time runs off and calls
   * grow old by as much. @default 0: the time between is taken not to have passed
   */
  readonly elapsedMs?: number | undefined;
}

const LETTERS: Record<RanKind, string> = { success: '.', slow: 's', failure: 'f' };

export function save(state: State, nowMs: number): SavedCircuit {
  return {
    version: 1,
    state: state.kind === 'open' && nowMs >= state.until ? 'half-open' : state.kind,
    openForMs: state.kind === 'open' ? Math.max(0, state.until - nowMs) : 0,
    closedForMs: state.kind === 'closed' ? Math.max(0, nowMs - state.since) : 0,
    rampForMs: state.kind === 'closed' ? Math.max(0, state.rampEndsAt - nowMs) : 0,
    openings: state.kind === 'isolated' ? 0 : state.openings,
    consecutiveFailures: state.kind === 'closed' ? state.consecutiveFailures : 0,
    slices: state.kind === 'closed' && state.window instanceof RollingWindow ? state.window.slices(nowMs) : [],
    outcomes: state.kind === 'closed' && state.window instanceof CountWindow ? lettersOf(state.window) : '',
  };
}

/**
 * The saved state as one of this process, under its own settings: never open for longer than its own cap, its ramp no longer than
 * its own, and what was counted is kept if the windows are of the same kind. Trial calls of another process are none of ours: what
 * was half-open is so from the beginning.
 * @param name of the breaker, for errors.
 * @throws {ConfigError} for anything `exportState` cannot have made.
 */
export function restored(
  name: string,
  saved: SavedCircuit,
  options: ImportOptions | undefined,
  settings: Settings,
  nowMs: number,
): State {
  const given = readSaved(name, saved);
  const { elapsedMs } = readPart(name, 'importState', options, { elapsedMs: durationMs(0) });
  switch (given.state) {
    case 'isolated':
      return { kind: 'isolated' };
    case 'open':
    case 'half-open': {
      const leftMs = Math.min(settings.capMs, Math.max(0, given.openForMs - elapsedMs));
      return { kind: 'open', since: nowMs, until: nowMs + leftMs, openings: given.openings, draw: 0, verdict: undefined };
    }
    case 'closed': {
      const rampMs = Math.min(settings.rampMs, Math.max(0, given.rampForMs - elapsedMs));
      const state = closed(settings, nowMs, given.openings, rampMs);
      const older = ({ ageMs, ...counts }: Slice): Slice => ({ ...counts, ageMs: ageMs + elapsedMs });
      if (state.window instanceof RollingWindow) state.window.restore(given.slices.map(older), nowMs);
      if (state.window instanceof CountWindow) for (const letter of given.outcomes) state.window.add(kindOf(letter));
      const { consecutiveFailures } = given;
      return { ...state, since: nowMs - given.closedForMs - elapsedMs, consecutiveFailures };
    }
  }
}

const lettersOf = (window: CountWindow): string =>
  window
    .outcomes()
    .map((kind) => LETTERS[kind])
    .join('');

function kindOf(letter: string): RanKind {
  return letter === 'f' ? 'failure' : letter === 's' ? 'slow' : 'success';
}

function readSaved(name: string, saved: unknown): SavedCircuit {
  if (typeof saved !== 'object' || saved === null || Array.isArray(saved)) {
    throw new ConfigError(name, 'importState', saved, 'what exportState has returned');
  }
  const { version, state, ...given } = readPart(name, 'importState', saved, {
    version: anything<1 | undefined>('1, the only version there is', undefined, (value) => value === 1),
    state: anything<CircuitState | undefined>(`one of ${STATES.join(', ')}`, undefined, (value) =>
      STATES.some((state) => state === value),
    ),
    openForMs: durationMs(0),
    closedForMs: durationMs(0),
    rampForMs: durationMs(0),
    openings: count(0, 0),
    consecutiveFailures: count(0, 0),
    slices: anything<readonly Slice[]>('a list of slices, none with more bad calls than calls', [], isSlices),
    outcomes: anything('a text of the letters . s and f', '', (value) => typeof value === 'string' && /^[.sf]*$/.test(value)),
  });
  const nonsense = (field: string, value: unknown, allowed: string): ConfigError =>
    new ConfigError(name, `importState.${field}`, value, allowed);
  if (version === undefined) throw nonsense('version', version, 'given');
  if (state === undefined) throw nonsense('state', state, 'given');
  if (state !== 'open' && given.openForMs > 0) throw nonsense('openForMs', given.openForMs, `0 in the state ${state}`);
  if (state !== 'closed' && given.rampForMs > 0) throw nonsense('rampForMs', given.rampForMs, `0 in the state ${state}`);
  return { version, state, ...given };
}

const STATES: readonly CircuitState[] = ['closed', 'open', 'half-open', 'isolated'];

function isSlices(value: unknown): boolean {
  return Array.isArray(value) && value.every(isSlice);
}

function isSlice(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { ageMs, calls, failures, slow } = value as Record<string, unknown>;
  const isCount = (part: unknown): part is number => Number.isSafeInteger(part) && (part as number) >= 0;
  if (typeof ageMs !== 'number' || !(ageMs >= 0 && ageMs < Number.POSITIVE_INFINITY)) return false;
  return isCount(calls) && isCount(failures) && isCount(slow) && failures + slow <= calls;
}
