import type { Column, Row } from '../answer.ts';
import type { Comparison } from './compare.ts';

/** The columns of every question that is answered by `compare`. */
export const costColumns: readonly Column[] = [
  { key: 'ratio', title: '× bare', unit: 'ratio' },
  { key: 'ratioLow', title: 'lower quartile', unit: 'ratio' },
  { key: 'ratioHigh', title: 'upper quartile', unit: 'ratio' },
  { key: 'cpuRatio', title: '× bare, computing', unit: 'ratio' },
  { key: 'ns', title: 'a call', unit: 'ns' },
  { key: 'bareNs', title: 'bare', unit: 'ns' },
  { key: 'p50', title: 'p50', unit: 'ns' },
  { key: 'p99', title: 'p99', unit: 'ns' },
  { key: 'bytes', title: 'garbage over bare', unit: 'bytes' },
];

export function costRow({ name, ours, ratio, cpuRatio, ns, bareNs, p50Ns, p99Ns, bytes }: Comparison): Row {
  return {
    subject: name,
    ours,
    ratio: ratio.median,
    ratioLow: ratio.low,
    ratioHigh: ratio.high,
    cpuRatio,
    ns,
    bareNs,
    p50: p50Ns,
    p99: p99Ns,
    bytes,
  };
}
