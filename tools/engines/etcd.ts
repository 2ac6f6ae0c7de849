import { join } from 'node:path';
import { freePort, newFolder, Server } from './server.ts';

export interface EtcdMember {
  readonly server: Server;
  readonly endpoint: string;
}

export interface EtcdOptions {
  /** @default 1 */
  readonly members?: number;
  /** How clients speak to it; `https` needs arguments that name its certificates. @default 'http' */
  readonly scheme?: 'http' | 'https';
  readonly args?: readonly string[];
}

/** A cluster on ports of the loopback address, started. */
export async function startEtcd(
  binary: string,
  { members = 1, scheme = 'http', args = [] }: EtcdOptions = {},
): Promise<EtcdMember[]> {
  const planned = await Promise.all(
    Array.from({ length: members }, async (_, index) => {
      const [client, peer] = [await freePort(), await freePort()];
      return { name: `m${index}`, endpoint: `${scheme}://127.0.0.1:${client}`, peer: `http://127.0.0.1:${peer}` };
    }),
  );
  const cluster = planned.map(({ name, peer }) => `${name}=${peer}`).join(',');
  const started = planned.map(({ name, endpoint, peer }) => {
    const folder = newFolder('etcd');
    const own = ['--name', name, '--data-dir', join(folder, 'data'), '--log-level', 'info', '--logger', 'zap'];
    const client = ['--listen-client-urls', endpoint, '--advertise-client-urls', endpoint];
    const peers = ['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', cluster];
    const server = new Server({
      binary,
      args: [...own, ...client, ...peers, ...args],
      ready: /serving client (traffic|requests)/,
      folder,
    });
    return { server, endpoint };
  });
  await Promise.all(started.map(({ server }) => server.start()));
  return started;
}
