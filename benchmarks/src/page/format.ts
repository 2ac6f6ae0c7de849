import type { Column } from '../answer.ts';

type Unit = Column['unit'];

/** Holds a number together with its unit, and its thousands: neither a table nor a chart breaks a line there. */
const SPACE = '\u00a0';
const NOTHING = '–';

/** Digits shown. What is measured here twice differs in the third already. */
const DIGITS = 3;

interface Step {
  readonly name: string;
  /** One of these in the smallest step of its kind. */
  readonly size: number;
  /** More digits than these behind the point are noise, however small the figure. */
  readonly decimals: number;
}

const TIMES: readonly Step[] = [
  { name: 'ns', size: 1, decimals: 1 },
  { name: 'µs', size: 1e3, decimals: 2 },
  { name: 'ms', size: 1e6, decimals: 2 },
  { name: 's', size: 1e9, decimals: 2 },
];

/** Powers of ten, as bundle sizes are given everywhere. */
const SIZES: readonly Step[] = [
  { name: 'B', size: 1, decimals: 1 },
  { name: 'KB', size: 1e3, decimals: 2 },
  { name: 'MB', size: 1e6, decimals: 2 },
  { name: 'GB', size: 1e9, decimals: 2 },
];

/** The steps to choose from, and what a figure in this unit is in the smallest of them. */
const UNITS: Readonly<Record<Exclude<Unit, 'text'>, { readonly steps: readonly Step[]; readonly factor: number }>> = {
  ns: { steps: TIMES, factor: 1 },
  us: { steps: TIMES, factor: 1e3 },
  ms: { steps: TIMES, factor: 1e6 },
  bytes: { steps: SIZES, factor: 1 },
  ratio: { steps: [{ name: '×', size: 1, decimals: 3 }], factor: 1 },
  percent: { steps: [{ name: '%', size: 1, decimals: 2 }], factor: 1 },
  perSecond: { steps: [{ name: '/s', size: 1, decimals: 1 }], factor: 1 },
  count: { steps: [{ name: '', size: 1, decimals: 3 }], factor: 1 },
};

/** A cell: `2.31 ×`, `412 ns`, `1.90 KB`, `12.0 %`; a dash for nothing. Counts are whole where they are. */
export function figure(value: unknown, unit: Unit): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return value;
  if (typeof value !== 'number' || !Number.isFinite(value)) return NOTHING;
  return unit === 'count' ? mark(value, unit) : written(value, unit, (digits) => digits);
}

/** A round number, at a tick or a limit: without the zeros that claim precision. */
export const mark = (value: number, unit: Unit): string =>
  written(value, unit, (digits) => (digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits));

function written(value: number, unit: Unit, finish: (digits: string) => string): string {
  if (unit === 'text') return String(value);
  const { steps, factor } = UNITS[unit];
  const size = Math.abs(value * factor);
  // Rounded first, so that 999.6 ns is 1 µs; where there is no larger step to take, all digits before the point are kept.
  const rounded = Number(size.toPrecision(steps.length > 1 ? DIGITS : Math.max(DIGITS, wholeDigits(size))));
  const step = steps.findLast((step) => rounded >= step.size) ?? steps[0]!;
  const inStep = rounded / step.size;
  const exact = inStep === 0 ? '0' : inStep.toFixed(Math.max(0, Math.min(DIGITS - wholeDigits(inStep), step.decimals)));
  const sign = value < 0 && Number(exact) > 0 ? '−' : '';
  return `${sign}${grouped(finish(exact))}${step.name === '' ? '' : SPACE}${step.name}`;
}

/** Digits before the point: none for a share. */
const wholeDigits = (value: number): number => {
  const whole = Math.trunc(Math.abs(value));
  return whole === 0 ? 0 : whole.toString().length;
};

const grouped = (digits: string): string => {
  const [whole = '', ...rest] = digits.split('.');
  return [whole.replaceAll(/\B(?=(\d{3})+$)/g, SPACE), ...rest].join('.');
};
