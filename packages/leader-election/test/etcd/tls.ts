import { expect, test } from 'vitest';
import { etcdLease } from '../../src/etcd.ts';
import { get, heldBy, never, put, renewed } from '../contract/environment.ts';
import { Watching } from '../contract/watching.ts';
import { clientCertificate } from '../kube-api/x509.ts';
import type { Authority } from '../kube-api/x509.ts';

/** What a store does where etcd speaks TLS and asks clients for certificates; registered for the stand-in and for real servers alike. */
export function tlsCases(endpoint: () => string, ca: Authority): void {
  const { certificate: cert, key } = clientCertificate(ca, 'elector');

  test('speaks TLS, with a certificate of its own', async () => {
    const tls = { ca: new TextEncoder().encode(ca.certificate), cert, key, serverName: 'localhost' };
    const store = etcdLease({ endpoints: endpoint(), tls });
    const first = await put(store, 'billing', undefined, heldBy('a'));
    const watch = new Watching(store, 'billing', first);

    const second = await put(store, 'billing', first, renewed(first));

    await watch.untilWritten(second.revision);
    await watch.stop();
    expect((await get(store, 'billing')).revision).toBe(second.revision);
  });

  test('has written nothing where the certificate of the server is not trusted, and says why', async () => {
    const store = etcdLease({ endpoints: endpoint(), tls: { cert, key } });
    await expect(store.write('billing', undefined, heldBy('b'), never)).rejects.toMatchObject({
      fault: 'unreachable',
      mayBeWritten: false,
      message: expect.stringMatching(/self-signed certificate|unable to verify/),
    });
  });

  test('is refused without a certificate of its own', async () => {
    const store = etcdLease({ endpoints: endpoint(), tls: { ca: ca.certificate } });
    await expect(store.read('billing', never)).rejects.toMatchObject({ fault: 'unreachable', mayBeWritten: false });
  });
}
