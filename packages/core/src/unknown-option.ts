import { ConfigError } from './errors.ts';

/** Refuses an option nobody knows, and names the one that was probably meant. */
export function unknownOption(policy: string, name: string, value: unknown, known: readonly string[]): ConfigError {
  const nearest = nearestTo(name.slice(name.lastIndexOf('.') + 1), known);
  const hint = nearest === undefined ? '' : `: did you mean ${nearest}?`;
  return new ConfigError(policy, name, value, `a known option${hint} (known: ${known.join(', ')})`);
}

/** What other libraries and other policies call an option. */
const ALSO_CALLED: Readonly<Record<string, readonly string[]>> = {
  retries: ['attempts'],
  maxAttempts: ['attempts'],
  maxRetries: ['attempts'],
  timeoutMs: ['ms'],
  timeout: ['ms'],
  queueTimeoutMs: ['maxWaitMs'],
  maxWaitMs: ['queueTimeoutMs'],
  max: ['maxEntries', 'limit', 'concurrency'],
  maxEntries: ['max'],
  maxConcurrent: ['concurrency'],
  percentile: ['quantile'],
  threshold: ['failureRatio'],
  resetTimeout: ['openMs'],
  shareErrors: ['shareFailures'],
};

function nearestTo(name: string, known: readonly string[]): string | undefined {
  const synonym = Object.hasOwn(ALSO_CALLED, name) ? ALSO_CALLED[name]!.find((other) => known.includes(other)) : undefined;
  if (synonym !== undefined) return synonym;
  return known
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.ceil(Math.max(name.length, candidate.length) / 3))
    .sort((a, b) => a.distance - b.distance)[0]?.candidate;
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
