import { LeaseStoreError } from '../store.ts';

/** The server gave no answer, or was not asked. */
export class NoAnswer extends LeaseStoreError {
  /**
   * Whether it is for what is configured, and nothing was sent: no CA we know has signed the server's certificate, or it is out of
   * date, or our own certificate, key or token is none. Others may do.
   */
  readonly ofConfiguration: boolean;

  /** @param how far it got: `unusable` if no connection was tried, `sent` if the server may have got the request. */
  constructor(server: string, cause: Error, how: 'unusable' | 'unsent' | 'sent') {
    const code = codeOf(cause);
    const untrusted = UNTRUSTED.has(code);
    const why = code === '' || cause.message.includes(code) ? cause.message : `${code}: ${cause.message}`;
    super(`no answer from ${server}: ${why}${adviceFor(how, untrusted)}`, {
      fault: 'unreachable',
      mayBeWritten: how === 'sent',
      cause,
    });
    this.ofConfiguration = how === 'unusable' || untrusted;
  }
}

function adviceFor(how: 'unusable' | 'unsent' | 'sent', untrusted: boolean): string {
  if (how === 'unusable') return '; not sent: check the client certificate, its key and the token that are configured';
  return untrusted ? '; its certificate is not trusted: check the certificate authority that is configured' : '';
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
