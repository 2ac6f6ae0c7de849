import { TestServer } from '../postgres/server.ts';
import { postgresBackend } from './backends.ts';
import type { Backend } from './backend.ts';

const access = { user: 'member', password: 'of-an-ensemble', database: 'postgres' };

/** A PostgreSQL for as long as `use` takes. */
export async function withPostgres<T>(use: (backend: Backend) => Promise<T>): Promise<T> {
  await using server = await TestServer.start();
  await server.run(
    `CREATE ROLE ${access.user} LOGIN PASSWORD '${access.password}'; GRANT CREATE ON SCHEMA public TO ${access.user}`,
  );
  return await use(postgresBackend({ ...access, port: server.port }));
}
