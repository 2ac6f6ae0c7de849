import type { Answer } from '../../../benchmarks/src/answer.ts';

/** What is measured and how, without the figures. */
export type Section = Omit<Answer, 'rows'>;
