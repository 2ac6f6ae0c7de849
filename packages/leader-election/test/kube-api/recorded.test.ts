import { afterAll, beforeAll } from 'vitest';
import { recordedAnswers } from './recorded.ts';
import { startKubeApi } from './server.ts';
import type { KubeApi } from './server.ts';

let server: KubeApi;

beforeAll(async () => {
  server = await startKubeApi({ secondMs: 30 });
});

afterAll(async () => {
  await server.close();
});

recordedAnswers(() => ({
  url: server.url,
  tokens: { admin: 'admin-token', nobody: 'nobody-token', elector: 'elector-token' },
  compact: () => server.storage.compact(),
}));
