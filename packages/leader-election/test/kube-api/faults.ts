/** An answer of another's making, such as a proxy's. */
export interface RawReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Anything but a text is sent as JSON. */
  readonly body?: unknown;
  /** The connection is lost after the body. */
  readonly breakOff?: boolean;
}

export type RequestKind = 'GET' | 'POST' | 'PUT' | 'WATCH';

/** Something that goes wrong with one request, the next of its kind. */
export interface Fault {
  readonly on: RequestKind;
  /** It is looked at only when this settles. */
  readonly before?: Promise<void>;
  /** It is answered so, or not at all, and nothing is done. */
  readonly instead?: RawReply | 'drop';
  /** It is done, and answered only when this settles. */
  readonly after?: Promise<void>;
  /** It is done, and answered so, or not at all. */
  readonly reply?: RawReply | 'drop';
}

export class Faults {
  readonly #pending: Fault[] = [];

  add(fault: Fault): void {
    this.#pending.push(fault);
  }

  take(kind: RequestKind): Fault | undefined {
    const index = this.#pending.findIndex(({ on }) => on === kind);
    return index === -1 ? undefined : this.#pending.splice(index, 1)[0];
  }
}
