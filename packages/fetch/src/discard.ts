import { Alarm } from '@holdfast/core';
import type { Clock } from '@holdfast/core';

/** More than that is dearer to read than a new connection. Error pages are smaller. */
const MAX_BYTES = 64 * 1024;
/** About what a new connection with TLS takes; a body that is not there by then is not worth the wait. */
const MAX_MS = 200;

/**
 * Lets go of a response nobody will read. Its connection is busy until the body has been read, so a small body is read to its end, which
 * keeps the connection; a large or slow one is cancelled, which closes it. Never rejects.
 */
export async function discardResponse(response: Response, clock: Clock): Promise<void> {
  const { body } = response;
  if (body === null || body.locked) return;
  const reader = body.getReader();
  const giveUp = (): void => void reader.cancel().catch(() => {});
  const alarm = new Alarm(giveUp);
  try {
    if (Number(response.headers.get('content-length')) > MAX_BYTES) return giveUp();
    clock.arm(alarm, MAX_MS);
    let bytes = 0;
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      bytes += chunk.value.byteLength;
      if (bytes > MAX_BYTES) return giveUp();
    }
  } catch {
    // The body broke off: then its connection is gone, too.
  } finally {
    clock.disarm(alarm);
  }
}
