import { styleText } from 'node:util';
import { duration } from './format.ts';
import { lengthMs, schedule } from './model.ts';
import { variantNames } from './rows.ts';
import type { Progress } from './run.ts';

const quietEveryMs = 2_000;

export interface ProgressLine {
  /** What is going on besides a run: one line, kept. */
  say(text: string): void;
  show(progress: Progress): void;
  /** Ends the line that is being redrawn. */
  done(): void;
}

/**
 * On a terminal one line redrawn in place, elsewhere a line every two seconds and at every change of phase.
 * Colours only on a terminal that wants them (`NO_COLOR`, `styleText`).
 */
export function progressLine(out: NodeJS.WriteStream = process.stderr): ProgressLine {
  let redrawing = false;
  let saidAt = Number.NEGATIVE_INFINITY;
  let saidOf = '';

  function done(): void {
    if (redrawing) out.write('\n');
    redrawing = false;
  }

  function show(progress: Progress): void {
    const text = lineOf(progress, out);
    if (out.isTTY) {
      // Cut to the width, or a narrow terminal would wrap and every redraw would leave a line behind.
      const fitting = text.plain.length < out.columns ? text.styled : text.plain.slice(0, out.columns - 1);
      out.write(`\r\u001b[2K${fitting}`);
      redrawing = true;
      return;
    }
    const of = `${progress.variant} ${progress.phase}`;
    if (of === saidOf && progress.atMs - saidAt < quietEveryMs) return;
    [saidOf, saidAt] = [of, progress.atMs];
    out.write(`${text.plain}\n`);
  }

  function say(text: string): void {
    done();
    out.write(`${text}\n`);
  }

  return { say, show, done };
}

function lineOf(progress: Progress, stream: NodeJS.WriteStream): { plain: string; styled: string } {
  const { variant, phase, atMs, inTimePerSecond, p99Ms, waiting } = progress;
  const name = variantNames[variant].padEnd(17);
  if (phase === 'warm-up') return { plain: `${name} warm-up`, styled: `${name} warm-up` };
  const endMs = lengthMs(schedule);
  const seconds = `${String(Math.floor(Math.min(atMs, endMs) / 1_000)).padStart(2)} of ${endMs / 1_000} s`;
  const figures = `${String(inTimePerSecond).padStart(4)} orders/s in time   p99 ${duration(p99Ms).padStart(6)}   ${String(waiting).padStart(4)} waiting`;
  const colour = ({ healthy: 'green', outage: 'red', recovery: 'yellow' } as const)[phase];
  const phaseText = phase.padEnd(8);
  const styled = styleText(colour, phaseText, { stream });
  return { plain: `${name} ${phaseText} ${seconds}  ${figures}`, styled: `${name} ${styled} ${seconds}  ${figures}` };
}
