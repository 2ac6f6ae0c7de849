import { LeaseStoreError } from '../store.ts';

/** The server gave no answer, or its certificate is not trusted. */
export class NoAnswer extends LeaseStoreError {
  /** Whether it is the certificate: one that no CA we know has signed, or that is out of date. */
  readonly untrusted: boolean;
  /** @param sent whether the server may have got the request: false if no connection was made. */
  constructor(server: string, cause: Error, sent: boolean) {
    const code = codeOf(cause);
    const untrusted = UNTRUSTED.has(code);
    const why = code === '' || cause.message.includes(code) ? cause.message : `${code}: ${cause.message}`;
    const advice = untrusted ? '; its certificate is not trusted: check the certificate authority that is configured' : '';
    super(`no answer from ${server}: ${why}${advice}`, { fault: 'unreachable', mayBeWritten: sent, cause });
    this.untrusted = untrusted;
  }
}

/** What OpenSSL says of a chain that does not lead to a CA we have; Node hands it on as the `code`. */
const UNTRUSTED: ReadonlySet<string> = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

function codeOf(error: Error): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}
