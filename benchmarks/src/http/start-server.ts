import { fork } from 'node:child_process';
import { once } from 'node:events';

export interface Server extends Disposable {
  readonly url: string;
}

/** In another process, so that it takes nothing of the client's processor. It ends with this one, too. */
export async function startServer(): Promise<Server> {
  const child = fork(new URL('server.ts', import.meta.url), { silent: true });
  const [port] = (await once(child.stdout!, 'data')) as [Buffer];
  return { url: `http://127.0.0.1:${Number(String(port))}/stock`, [Symbol.dispose]: () => void child.kill() };
}
