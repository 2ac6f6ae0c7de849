import { describe } from 'vitest';
import { fileBackend } from '../chaos/backends.ts';
import { inFolder } from '../chaos/folder.ts';
import { withPostgres } from '../chaos/postgres.ts';
import { suffers } from './chaos.ts';

// These two need no engine, and have a short run among the other tests.
describe.skipIf(process.env['HOLDFAST_ENGINES_FOLDER'] === undefined)('without an engine', () => {
  suffers('files', (use) => inFolder((folder) => use(fileBackend(folder))));
  suffers('PostgreSQL', (use) => withPostgres(use));
});
