/** One request to the API server. */
export interface KubernetesRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Path and query, such as `/apis/coordination.k8s.io/v1/namespaces/prod/leases/billing`. */
  readonly path: string;
  /** Of the content; credentials are the transport's business. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body: string | null;
  /** Give up at once when it aborts: before the answer, and while its body is read. */
  readonly signal: AbortSignal;
  /** Whether the body of the answer goes on for minutes (a watch): it must then not occupy the connection of the other requests. */
  readonly stream: boolean;
}

/** As much of an answer as is used: a `Response` of `fetch` fits. */
export interface KubernetesResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  /** Read to the end, or left by ending the iteration: then the connection must not stay behind. */
  readonly body: AsyncIterable<Uint8Array> | null;
}

/**
 * How requests reach the API server. Bring your own for what the built-in one does not do, such as a proxy; for instance, beside
 * a `kubectl proxy` that adds the credentials:
 * `{ send: ({ path, ...request }) => fetch('http://127.0.0.1:8001' + path, { ...request, redirect: 'manual' }) }`
 */
export interface KubernetesTransport {
  /**
   * @returns the answer, whatever its status; redirects are not followed. @throws {LeaseStoreError} if there is none and it knows
   * whether something was sent; anything else thrown counts as `unreachable`, and a write as perhaps written.
   */
  send(request: KubernetesRequest): Promise<KubernetesResponse>;
}
