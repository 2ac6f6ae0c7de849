import { count, duration, percent } from '../format.ts';
import { inTimeMs } from '../measure.ts';
import { lengthMs, type Schedule, type Variant } from '../model.ts';
import { type BothFigures, variantNames } from '../rows.ts';
import type { Series } from '../series.ts';
import type { Chart, Line, Note } from './chart.ts';
import { largest, lowestOf, peakOf, within } from './points.ts';
import { linearScale, logScale, type Scale } from './scale.ts';

export type BothSeries = Readonly<Record<Variant, Series>>;

/** The five charts of the report, the first one large. */
export function chartsOf(series: BothSeries, figures: BothFigures, schedule: Schedule): Chart[] {
  const band = {
    from: schedule.healthyMs / 1_000,
    to: (schedule.healthyMs + schedule.outageMs) / 1_000,
    text: 'Payments is down',
  };
  const large = { width: 1_000, height: 320, x: timeScale(schedule, 1), band };
  const small = { width: 490, height: 240, x: timeScale(schedule, 2), band };
  return [
    { ...large, ...inTimeChart(series, figures, band) },
    { ...small, ...p99Chart(series) },
    { ...small, ...inFlightChart(series) },
    { ...small, ...callsChart(series, figures, band) },
    { ...small, ...memoryChart(series) },
  ];
}

type Drawing = Omit<Chart, 'width' | 'height' | 'x' | 'band'>;

/** Room above the highest point for the words that mark it. */
const noteRoom = 1.15;

function inTimeChart({ bare, holdfast }: BothSeries, figures: BothFigures, band: Chart['band']): Drawing {
  const text = (variant: Variant): string => `${shortNames[variant]}: ${percent(figures[variant].inTimeRatio)} of the orders`;
  return {
    id: 'in-time',
    title: 'Orders answered within 1 s, per second',
    caption: 'An order counts when it was sent, if it was answered within a second: paid, or accepted with the payment pending.',
    description: `Of the orders sent while Payments is down, ${percent(figures.holdfast.inTimeRatio)} are answered in time ${variantNames.holdfast} and ${percent(figures.bare.inTimeRatio)} ${variantNames.bare}.`,
    y: linearScale(largest(bare.offered, holdfast.offered)),
    tickText: count,
    offered: bare.offered,
    lines: [
      { kind: 'bare', points: bare.inTime, note: { ...lowestOf(within(band, bare.inTime)), text: text('bare'), side: 'above' } },
      {
        kind: 'holdfast',
        points: holdfast.inTime,
        note: { ...lowestOf(within(band, holdfast.inTime)), text: text('holdfast'), side: 'below' },
      },
    ],
  };
}

function p99Chart(series: BothSeries): Drawing {
  const values = [...series.bare.p99, ...series.holdfast.p99].map(({ y }) => y);
  return {
    id: 'p99',
    title: 'Time to the answer, p99 (logarithmic)',
    caption: 'Ninety-nine of a hundred orders were answered faster than this.',
    ...withPeaks(series, 'p99', duration, { bare: 'below-right', holdfast: 'right' }),
    y: logScale(Math.min(...values), Math.max(...values)),
    tickText: (ms) => (ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`),
    level: { y: inTimeMs, text: 'promised: 1 s' },
  };
}

function inFlightChart(series: BothSeries): Drawing {
  return {
    id: 'in-flight',
    title: 'Orders in work at once',
    caption: 'Every order that waits holds a connection, memory and a customer.',
    ...withPeaks(series, 'inFlight', count, { bare: 'above', holdfast: 'above' }),
    y: linearScale(noteRoom * largest(series.bare.inFlight, series.holdfast.inFlight)),
    tickText: count,
  };
}

function callsChart({ bare, holdfast }: BothSeries, figures: BothFigures, band: Chart['band']): Drawing {
  const text = (variant: Variant): string => `${shortNames[variant]}: ${count(figures[variant].callsWhileDown)} calls`;
  return {
    id: 'calls',
    title: 'Calls that reach Payments, per second',
    caption: 'While it is down holdfast leaves it alone; after the repair the pending payments are made up, a few at a time.',
    description: `While Payments is down ${count(figures.holdfast.callsWhileDown)} calls reach it ${variantNames.holdfast}, ${count(figures.bare.callsWhileDown)} ${variantNames.bare}.`,
    y: linearScale(noteRoom * largest(bare.calls, holdfast.calls)),
    tickText: count,
    lines: [
      { kind: 'bare', points: bare.calls, note: { ...peakOf(within(band, bare.calls)), text: text('bare'), side: 'above' } },
      {
        kind: 'holdfast',
        points: holdfast.calls,
        note: { ...lowestOf(within(band, holdfast.calls)), text: text('holdfast'), side: 'above' },
      },
    ],
  };
}

function memoryChart(series: BothSeries): Drawing {
  return {
    id: 'memory',
    title: 'Memory of Orders, MB',
    caption: 'Resident set of the process; V8 gives back late what it no longer needs.',
    ...withPeaks(series, 'memory', count, { bare: 'above', holdfast: 'below' }),
    y: linearScale(noteRoom * largest(series.bare.memory, series.holdfast.memory)),
    tickText: count,
  };
}

const shortNames: Readonly<Record<Variant, string>> = { bare: 'without', holdfast: 'with' };

/** Both lines with their peaks marked. */
function withPeaks(
  series: BothSeries,
  name: keyof Series,
  text: (value: number) => string,
  sides: Readonly<Record<Variant, Note['side']>>,
): Pick<Drawing, 'description' | 'lines'> {
  const peaks = { bare: peakOf(series.bare[name]), holdfast: peakOf(series.holdfast[name]) };
  const line = (kind: Variant): Line => ({
    kind,
    points: series[kind][name],
    note: { ...peaks[kind], text: `${shortNames[kind]}: ${text(peaks[kind].y)}`, side: sides[kind] },
  });
  return {
    description: `Peak ${text(peaks.bare.y)} ${variantNames.bare}, ${text(peaks.holdfast.y)} ${variantNames.holdfast}.`,
    lines: [line('bare'), line('holdfast')],
  };
}

/** Seconds from the run's start to its end, with a tick every so many. */
function timeScale(schedule: Schedule, everySeconds: number): Scale {
  const seconds = lengthMs(schedule) / 1_000;
  return {
    at: (value) => value / seconds,
    ticks: Array.from({ length: Math.floor(seconds / everySeconds) + 1 }, (_, i) => i * everySeconds),
  };
}
