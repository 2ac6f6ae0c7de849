import { fetch } from 'undici';
import { describe } from 'vitest';
import { fetchSuite } from './suite.ts';

describe("with undici 8's fetch", () => {
  fetchSuite(fetch as unknown as typeof globalThis.fetch);
});
