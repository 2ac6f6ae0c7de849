import { unlessAborted } from '../unless-aborted.ts';
import type { Member, Members } from './members.ts';

/** Where tokens come from. */
export interface TokenSource {
  /** Asks a member for a token; `''` where none is needed. */
  ask(member: Member, signal: AbortSignal): Promise<string>;
  /** What a request rejects with that does not wait for the answer any more. */
  givenUp(member: Member, signal: AbortSignal): Error;
}

/** A request for a token, and how many wait for it. */
interface Asking {
  readonly member: Member;
  /** Of the member, when it was asked. */
  readonly heard: number;
  readonly token: Promise<string>;
  readonly nobodyWaits: AbortController;
  waiting: number;
  settled: boolean;
}

/**
 * The token that requests bear. One costs the server a password hash, some 70 ms of a processor: a hundred requests that are refused
 * together, when a member has forgotten its tokens, ask for one.
 */
export class Authentication {
  readonly #members: Members;
  readonly #source: TokenSource;
  #token: string | undefined = undefined;
  #asking: Asking | undefined = undefined;

  constructor(members: Members, source: TokenSource) {
    this.#members = members;
    this.#source = source;
  }

  /** @throws {LeaseStoreError} */
  async token(signal: AbortSignal): Promise<string> {
    return this.#token ?? this.#wait(this.#joined(), signal);
  }

  /** In place of one that was refused: that which another request has got since, or a new one. @throws {LeaseStoreError} */
  otherThan(refused: string, signal: AbortSignal): Promise<string> {
    if (this.#token === refused) this.#token = undefined;
    return this.token(signal);
  }

  async #wait(asking: Asking, signal: AbortSignal): Promise<string> {
    const { member, heard } = asking;
    const giveUp = (): Error => {
      this.#members.givenUp(member, heard);
      return this.#source.givenUp(member, signal);
    };
    asking.waiting += 1;
    try {
      return await unlessAborted(asking.token, signal, giveUp);
    } finally {
      asking.waiting -= 1;
      if (asking.waiting === 0 && !asking.settled) this.#callOff(asking);
    }
  }

  /** What is under way; but not with a member from which the store has moved on. */
  #joined(): Asking {
    if (this.#asking?.member !== this.#members.current) this.#asking = this.#ask(this.#members.current);
    return this.#asking;
  }

  #ask(member: Member): Asking {
    const nobodyWaits = new AbortController();
    const token = this.#source.ask(member, nobodyWaits.signal);
    const asking: Asking = { member, heard: member.heard, token, nobodyWaits, waiting: 0, settled: false };
    const end = (): void => {
      asking.settled = true;
      if (this.#asking === asking) this.#asking = undefined;
    };
    token.then((got) => {
      this.#token = got;
      end();
    }, end);
    return asking;
  }

  #callOff(asking: Asking): void {
    if (this.#asking === asking) this.#asking = undefined;
    asking.nobodyWaits.abort();
  }
}
