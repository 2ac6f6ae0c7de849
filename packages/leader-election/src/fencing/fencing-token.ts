/** As much as is asked of headers to be read: `Headers`, or the plain object of Node, whose names are in lower case. */
export type ReadableHeaders =
  | { get(name: string): string | null }
  | { readonly [name: string]: string | readonly string[] | number | undefined };

/** As much as is asked of headers to be written: `Headers`, or an object of a request that is to be sent. */
export type WritableHeaders = { set(name: string, value: string): unknown } | { [name: string]: unknown };

/** What a request says about its term. */
export type SentToken =
  | { readonly type: 'token'; readonly token: bigint }
  | { readonly type: 'missing' }
  /** Something else than one token. */
  | { readonly type: 'malformed' };

const HEADER = 'fencing-token';
const LONGEST = 20;

/**
 * The fencing token of the term that sends a request, in the header `fencing-token`: a whole number in decimal, of 1 to 20 digits, as
 * all 64-bit numbers are. Anything else is malformed, two of them too, for which one counts?
 */
export const fencingToken: {
  readonly header: 'fencing-token';
  /**
   * Sets the header. @returns the same headers.
   * @throws {RangeError} if the token is not of 1 to 20 digits.
   */
  write<H extends WritableHeaders>(headers: H, token: bigint): H;
  read(headers: ReadableHeaders): SentToken;
  /** @returns `undefined` if the text is something else. */
  parse(text: string): bigint | undefined;
} = {
  header: HEADER,
  write(headers, token) {
    const text = String(token);
    if (typeof token !== 'bigint' || parse(text) === undefined) {
      throw new RangeError(`fencingToken: the token must be a bigint of 1 to ${LONGEST} digits, got ${typeof token} ${text}`);
    }
    if (isSettable(headers)) headers.set(HEADER, text);
    else headers[HEADER] = text;
    return headers;
  },
  read(headers) {
    const value = isGettable(headers) ? headers.get(HEADER) : headers[HEADER];
    if (value === null || value === undefined) return { type: 'missing' };
    const token = typeof value === 'string' ? parse(value) : undefined;
    return token === undefined ? { type: 'malformed' } : { type: 'token', token };
  },
  parse,
};

function parse(text: string): bigint | undefined {
  return /^\d{1,20}$/.test(text) ? BigInt(text) : undefined;
}

function isSettable(headers: WritableHeaders): headers is { set(name: string, value: string): unknown } {
  return typeof headers.set === 'function';
}

function isGettable(headers: ReadableHeaders): headers is { get(name: string): string | null } {
  return typeof headers.get === 'function';
}
