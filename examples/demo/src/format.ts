/** Numbers as people read them, the same in the terminal and in the report. */

export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function percent(ratio: number): string {
  // Never rounded up to 100: that figure is for all and not for nearly all.
  const tenths = Math.floor(ratio * 1_000) / 10;
  return `${tenths.toFixed(ratio === 0 || tenths === 100 ? 0 : 1)} %`;
}

export function duration(ms: number): string {
  if (Number.isNaN(ms)) return '–';
  return ms < 999.5 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`;
}
