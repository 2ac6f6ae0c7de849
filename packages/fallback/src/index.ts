export { fallback } from './fallback.ts';
export type { Answer, FallbackFor, FallbackOptions } from './fallback.ts';
