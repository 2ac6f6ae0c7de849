import { count, duration, megabytes, percent } from './format.ts';
import { type Figures, held } from './measure.ts';
import { type Schedule, type Variant } from './model.ts';

export type BothFigures = Readonly<Record<Variant, Figures>>;

export interface Row {
  readonly label: string;
  readonly bare: string;
  readonly holdfast: string;
}

export const variantNames: Readonly<Record<Variant, string>> = { bare: 'without holdfast', holdfast: 'with holdfast' };

/** The comparison, line by line, for the terminal and for the report. */
export function rowsOf(figures: BothFigures, schedule: Schedule): Row[] {
  const row = (label: string, text: (figures: Figures) => string): Row => ({
    label,
    bare: text(figures.bare),
    holdfast: text(figures.holdfast),
  });
  return [
    row('orders answered in time, of those sent', (f) => percent(f.inTimeRatio)),
    row('orders answered in time, per second', (f) => `${count(f.inTimePerSecond)} of ${count(f.offeredPerSecond)}`),
    row('time to the answer, p50', (f) => duration(f.p50Ms)),
    row('time to the answer, p99', (f) => duration(f.p99Ms)),
    row('most orders in work at once', (f) => count(f.peakInFlight)),
    row('most memory of Orders', (f) => megabytes(f.peakRssBytes)),
    row('calls that reached Payments while down', (f) => count(f.callsWhileDown)),
    row('from the repair to healthy again', (f) => recovery(f, schedule)),
    row('payments still pending at the end', (f) => count(f.pendingAtEnd)),
  ];
}

/** Known to the half second, hence always in seconds. */
export function recovery({ recoveredAfterMs }: Figures, { recoveryMs }: Schedule): string {
  if (recoveredAfterMs === null) return `not within ${recoveryMs / 1_000} s`;
  return `${(recoveredAfterMs / 1_000).toFixed(1)} s`;
}

/** One sentence: did it hold? */
export function verdictOf({ bare, holdfast }: BothFigures): string {
  const shares = `${percent(holdfast.inTimeRatio)} of the orders answered within 1 s while Payments was down, ${percent(bare.inTimeRatio)} without holdfast`;
  if (held(holdfast)) return `Held: ${shares}.`;
  if (holdfast.recoveredAfterMs === null) return `Did not hold: not healthy again after the repair (${shares}).`;
  return `Did not hold: ${shares}; 99 % is the mark.`;
}
