import type { Answer, Effort } from './answer.ts';
import { askChild } from './child.ts';

/** All questions, in the order of the page. */
export const QUESTIONS: readonly string[] = [
  'standard-pipeline',
  'policies-alone',
  'floors',
  'refusals',
  'failures',
  'complexity',
  'telemetry',
  'in-flight',
  'queueing',
  'keyed-breakers',
  'context',
  'import-and-size',
  'http',
];

/** Asks in a process of its own, so that neither garbage nor optimised code of another question is in the way. */
export function askAlone(id: string, effort: Effort): Promise<Answer> {
  const args = [id, '--json', ...(effort === 'short' ? ['--short'] : [])];
  return askChild<Answer>(new URL('ask.ts', import.meta.url), { flags: ['--expose-gc'], args });
}
