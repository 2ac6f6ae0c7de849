import { freePort, newFolder, Server } from './server.ts';

export interface RedisServer {
  readonly server: Server;
  readonly host: string;
  readonly port: number;
}

/** A primary on a port of the loopback address, started. It keeps every write it has answered. */
export async function startRedis(binary: string, args: readonly string[] = []): Promise<RedisServer> {
  const [host, port, folder] = ['127.0.0.1', await freePort(), newFolder('redis')];
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
  const server = new Server({
    binary,
    args: ['--bind', host, '--port', `${port}`, '--dir', folder, '--daemonize', 'no', ...durable, ...args],
    ready: /Ready to accept connections/,
    folder,
  });
  await server.start();
  return { server, host, port };
}
