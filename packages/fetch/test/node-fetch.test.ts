import { describe } from 'vitest';
import { fetchSuite } from './suite.ts';

// Nothing here may import undici: that alone replaces the dispatcher of Node's own fetch.
describe("with Node's own fetch", () => {
  fetchSuite(globalThis.fetch);
});
