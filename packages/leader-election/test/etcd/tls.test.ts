import { afterAll, beforeAll } from 'vitest';
import { authority, serverCertificate } from '../kube-api/x509.ts';
import { EtcdStandIn } from './stand-in.ts';
import { tlsCases } from './tls.ts';

const ca = authority();
const { certificate: cert, key } = serverCertificate(ca);
const etcd = new EtcdStandIn(undefined, { cert, key, ca: ca.certificate, requestCert: true });
beforeAll(() => etcd.start());
afterAll(() => etcd.stop());

tlsCases(() => etcd.endpoint, ca);
