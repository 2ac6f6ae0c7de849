import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { startEtcd } from '../../../../tools/engines/etcd.ts';
import type { EtcdMember } from '../../../../tools/engines/etcd.ts';
import { newFolder } from '../../../../tools/engines/server.ts';
import { tlsCases } from '../etcd/tls.ts';
import { authority, serverCertificate } from '../kube-api/x509.ts';
import { withEngine } from './engine.ts';

withEngine('etcd', ['HOLDFAST_ETCD_BIN'], (binary = '') => {
  const ca = authority();
  let folder: string;
  let member: EtcdMember | undefined;
  beforeAll(async () => {
    folder = newFolder('certificates');
    const file = (name: string, pem: string): string => {
      writeFileSync(join(folder, name), pem);
      return join(folder, name);
    };
    const { certificate, key } = serverCertificate(ca);
    const own = ['--cert-file', file('server.crt', certificate), '--key-file', file('server.key', key)];
    const clients = ['--client-cert-auth', '--trusted-ca-file', file('ca.crt', ca.certificate)];
    [member] = await startEtcd(binary, { scheme: 'https', args: [...own, ...clients] });
  });
  afterAll(async () => {
    await member?.server.remove();
    rmSync(folder, { recursive: true });
  });

  tlsCases(() => member?.endpoint ?? '', ca);
});
