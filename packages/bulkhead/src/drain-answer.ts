/** As long as Envoy heeds a rate limit's reset header: a wrong one must not shut us for good, and a true one comes again. */
const LONGEST_PAUSE_MS = 300_000;

/**
 * For how long an answer of `drainOn` stops all; `undefined` if it is a no, as is 0, which asks to come at once.
 * @throws {TypeError} for what is no answer. A promise, or the `NaN` of a date in a header, would be a no that nobody sees.
 */
export function pauseOf(answer: boolean | number | undefined): number | undefined {
  if (answer === true) return 0;
  if (answer === false || answer === undefined || answer === 0) return undefined;
  if (typeof answer === 'number' && answer > 0) return Math.min(answer, LONGEST_PAUSE_MS);
  throw new TypeError(`drainOn must answer true, false or milliseconds of at least 0, at once; got ${String(answer)}`);
}
