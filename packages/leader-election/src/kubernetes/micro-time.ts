/**
 * Kubernetes' MicroTime: the API server takes RFC 3339 with exactly six digits of fraction and answers 400 to the three that
 * `Date#toISOString` gives (kubernetes/kubernetes#89156).
 * @param atMs wall-clock milliseconds, of a year up to 9999; fractions beyond microseconds are dropped.
 */
export function microTime(atMs: number): string {
  const wholeMs = Math.floor(atMs);
  const micros = Math.floor((atMs - wholeMs) * 1000);
  return new Date(wholeMs).toISOString().replace('Z', `${String(micros).padStart(3, '0')}Z`);
}

/** Any time others may have written, in wall-clock milliseconds; 0 where there is none, or none that can be read: it is for people. */
export function millisecondsOf(time: string | null | undefined): number {
  const atMs = Date.parse(time ?? '');
  return Number.isNaN(atMs) ? 0 : atMs;
}
