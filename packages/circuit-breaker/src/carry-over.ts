import { CountWindow } from './count-window.ts';
import { openTimeMs } from './open-time.ts';
import { RollingWindow } from './rolling-window.ts';
import type { Settings } from './settings.ts';
import { NEVER } from './state.ts';
import type { Closed, Open, State } from './state.ts';

/**
 * Carries the present state over to other settings. Whatever has been counted stays counted as far as the new settings reach, and
 * what is over stays over: an open time or a ramp that has ended does not begin again.
 */
export function carryOver(state: State, from: Settings, to: Settings, nowMs: number): void {
  if (state.kind === 'closed') {
    resizeWindow(state, from, to, nowMs);
    repaceRamp(state, from, to, nowMs);
  } else if (state.kind === 'open' && nowMs < state.until) {
    state.until = openUntil(state, to);
  }
}

/** Untouched where its size stays, so that settings given again and again do not wear the counts away. */
function resizeWindow(state: Closed, from: Settings, to: Settings, nowMs: number): void {
  const { window } = state;
  if (window instanceof RollingWindow && from.windowMs !== to.windowMs) state.window = window.resized(to.windowMs, nowMs);
  if (window instanceof CountWindow && from.windowCalls !== to.windowCalls) state.window = window.resized(to.windowCalls);
}

/**
 * What has passed of the ramp has passed, and the rest goes on at the new pace: a share that jumped up would be the flood that the
 * ramp is there to hold off, and one that fell back would refuse calls to what has just borne them.
 */
function repaceRamp(state: Closed, from: Settings, to: Settings, nowMs: number): void {
  if (from.rampMs === to.rampMs || nowMs >= state.rampEndsAt) return;
  const leftRatio = (state.rampEndsAt - nowMs) / from.rampMs;
  state.rampEndsAt = to.rampMs > 0 ? nowMs + leftRatio * to.rampMs : NEVER;
}

/**
 * As if it had opened under the new settings, its jitter included: the open time is mostly changed during an outage, and because of
 * it. How a time that came from another process was reckoned is not known: it is only capped.
 */
function openUntil({ since, until, openings, draw, verdict }: Open, to: Settings): number {
  return verdict === undefined ? Math.min(until, since + to.capMs) : since + openTimeMs(to, openings, draw);
}
