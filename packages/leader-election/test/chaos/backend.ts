import type { BackendSpec } from './open-store.ts';
import type { Address } from './proxy.ts';

/** Where the leases of a run are kept, as the conductor knows it. */
export interface Backend {
  readonly name: string;
  /** The server, `undefined` where there is no network to break. */
  readonly server: Address | undefined;
  /** How a member reaches it through this port of the loopback address; `port` is that of a proxy, or the server's own. */
  spec(port: number): BackendSpec;
}
