/** A member of the cluster, by the address of its gateway. */
export class Member {
  readonly endpoint: string;
  /** How often it has answered: whole answers, and messages of streams. */
  heard = 0;
  constructor(endpoint: string) {
    this.endpoint = endpoint;
  }
}

/** Which of the members is asked: one for as long as it answers. */
export class Members {
  readonly #all: readonly Member[];
  #current = 0;

  constructor(endpoints: readonly string[]) {
    this.#all = endpoints.map((endpoint) => new Member(endpoint));
  }

  get current(): Member {
    return this.#all[this.#current] as Member;
  }

  /** For the next request; unless another has moved on already. */
  moveOn(from: Member): void {
    if (this.current === from) this.#current = (this.#current + 1) % this.#all.length;
  }

  /**
   * Nobody waits for an answer any more: because it took too long, or because nobody wants it now, which is not told. It is held
   * against a member that has said nothing to anybody since the request was sent, as one that is frozen does; a stream that said
   * something, or a member that answers others meanwhile, is well. Where it is held against a member wrongly, the next one is asked.
   * @param heard of the member, when it was sent.
   */
  givenUp(member: Member, heard: number): void {
    if (member.heard === heard) this.moveOn(member);
  }
}
