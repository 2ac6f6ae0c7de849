import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** A certificate with its key, both PEM. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

export interface Authority extends Certificate {
  readonly name: string;
}

/** A CA for one test run: so there is no private key in the repository, and no certificate that runs out one day. */
export function authority(name = 'test-ca'): Authority {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const isCa = extension('551d13', true, sequence(tagged(0x01, Buffer.from([0xff]))));
  return { name, ...issue(name, name, publicKey, privateKey, privateKey, [isCa]) };
}

/** For a server at 127.0.0.1 that is also called `localhost` and `kubernetes.default.svc`. */
export function serverCertificate(ca: Authority): Certificate {
  const names = ['localhost', 'kubernetes.default.svc'].map((name) => tagged(0x82, Buffer.from(name)));
  return leaf(ca, 'kube-apiserver', [extension('551d11', false, sequence(tagged(0x87, Buffer.from([127, 0, 0, 1])), ...names))]);
}

export function clientCertificate(ca: Authority, user: string): Certificate {
  return leaf(ca, user, []);
}

function leaf(ca: Authority, subject: string, extensions: readonly Buffer[]): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return issue(ca.name, subject, publicKey, privateKey, createPrivateKey(ca.key), extensions);
}

function issue(
  issuer: string,
  subject: string,
  publicKey: KeyObject,
  privateKey: KeyObject,
  signer: KeyObject,
  extensions: readonly Buffer[],
): Certificate {
  serial += 1;
  const body = sequence(
    tagged(0xa0, integer(2)), // version 3
    integer(serial),
    ecdsaWithSha256,
    nameOf(issuer),
    sequence(tagged(0x18, Buffer.from('20000101000000Z')), tagged(0x18, Buffer.from('99991231235959Z'))),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [tagged(0xa3, sequence(...extensions))]),
  );
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', body, signer)]);
  const der = sequence(body, ecdsaWithSha256, tagged(0x03, signature));
  const lines = der.toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

let serial = 1000;

const identifier = (hex: string): Buffer => tagged(0x06, Buffer.from(hex, 'hex'));
const ecdsaWithSha256 = sequence(identifier('2a8648ce3d040302'));

function nameOf(commonName: string): Buffer {
  return sequence(tagged(0x31, sequence(identifier('550403'), tagged(0x0c, Buffer.from(commonName)))));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(identifier(id), ...(critical ? [tagged(0x01, Buffer.from([0xff]))] : []), tagged(0x04, value));
}

function integer(value: number): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return tagged(0x02, bytes[0]! > 0x7f ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

/** DER: a tag, a length, a value. */
function tagged(tag: number, value: Buffer): Buffer {
  const { length } = value;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), value]);
  const bytes = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...bytes]), value]);
}
