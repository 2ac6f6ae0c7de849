/** A write by a term that is over: a later one has written since. Whatever its sender believes, it must not be carried out. */
export class StaleTokenError extends Error {
  override readonly name = 'StaleTokenError';
  readonly token: bigint;
  /** The highest token seen. */
  readonly highest: bigint;
  /** @param resource that refuses, for the message. */
  constructor(resource: string, token: bigint, highest: bigint) {
    super(`${resource}: fencing token ${token} is of a term that is over, for ${highest} was here`);
    this.token = token;
    this.highest = highest;
  }
}
