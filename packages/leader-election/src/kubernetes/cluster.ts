/** How to reach one API server, and as whom: read from the environment, and read again now and then. */
export interface Cluster {
  /** Scheme, host and port, and a path if the server lies below one; no slash at the end. */
  readonly server: string;
  readonly namespace: string | undefined;
  /** PEM. Without it the CAs that Node knows are trusted. */
  readonly ca: string | undefined;
  /** PEM, with its key. */
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  /** Expected in the server's certificate, in place of the host's name. */
  readonly serverName: string | undefined;
  /** Whether any certificate of the server is taken: asked for by a kubeconfig. */
  readonly insecure: boolean;
  readonly token: string | undefined;
  /** When others are to be got, in wall-clock milliseconds; `undefined` for credentials of which that is not known. */
  readonly renewAtMs: number | undefined;
  /** When the credentials end. */
  readonly expiresAtMs: number | undefined;
}

/** Whether the same connections will do. The token is sent with each request. */
export function sameConnection(a: Cluster, b: Cluster): boolean {
  return (
    a.server === b.server &&
    a.ca === b.ca &&
    a.certificate === b.certificate &&
    a.key === b.key &&
    a.serverName === b.serverName &&
    a.insecure === b.insecure
  );
}

/** Whether it would come to the same to ask again with the other. */
export function sameCluster(a: Cluster, b: Cluster): boolean {
  return a.token === b.token && sameConnection(a, b);
}

/** Whether a moment that was set has come. */
export function isReached(atMs: number | undefined, wallMs: number): boolean {
  return atMs !== undefined && wallMs >= atMs;
}

/** Where it is read. */
export interface ClusterReader {
  /**
   * @param refused whether the server has refused what was read last: then credentials that would still be good are got anew.
   * @throws {LeaseStoreError} `invalid`, saying what is missing or not understood, and where.
   */
  read(refused: boolean): Promise<Cluster>;
}
