/**
 * The lines of a stream of bytes, which come cut anywhere, within a character too. A last line without its end is not given.
 * @throws {RangeError} if a line is longer than `longestBytes`.
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>, longestBytes: number): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let begun: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      yield decodeAll(decoder, begun) + decoder.decode(chunk.subarray(from, end));
      [begun, bytes, from] = [[], 0, end + 1];
    }
    bytes += chunk.length - from;
    if (bytes > longestBytes) throw new RangeError(`a line is longer than ${longestBytes} bytes`);
    if (from < chunk.length) begun.push(chunk.subarray(from));
  }
}

const NEWLINE = 0x0a;

function decodeAll(decoder: TextDecoder, parts: readonly Uint8Array[]): string {
  return parts.map((part) => decoder.decode(part, { stream: true })).join('');
}
