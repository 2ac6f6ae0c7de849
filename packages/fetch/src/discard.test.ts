import { VirtualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { discardResponse } from './discard.ts';

/** A body that gives these pieces, stays silent after them unless it is to end, and counts what becomes of it. */
function body(
  pieces: number[],
  ends: boolean,
): { stream: ReadableStream<Uint8Array>; read: () => number; cancelled: () => boolean } {
  let read = 0;
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const size = pieces[read++];
        if (size !== undefined) return controller.enqueue(new Uint8Array(size));
        if (ends) return controller.close();
        return new Promise(() => {});
      },
      cancel() {
        cancelled = true;
        throw new Error('nobody is to hear of this');
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, read: () => read, cancelled: () => cancelled };
}

test('reads a short body to its end and leaves no timer', async () => {
  const clock = new VirtualClock();
  const { stream, read, cancelled } = body([10, 10], true);

  await discardResponse(new Response(stream), clock);

  expect([read(), cancelled(), clock.pendingTimers.length]).toEqual([3, false, 0]);
});

test('cancels a long body as soon as it is too long, unheard', async () => {
  const { stream, read, cancelled } = body(
    Array.from({ length: 100 }, () => 16_384),
    true,
  );

  await discardResponse(new Response(stream), new VirtualClock());

  expect([read(), cancelled()]).toEqual([5, true]);
});

test('cancels without reading what is announced to be long', async () => {
  const { stream, read, cancelled } = body([10], true);

  await discardResponse(new Response(stream, { headers: { 'content-length': '65537' } }), new VirtualClock());

  expect([read(), cancelled()]).toEqual([0, true]);
});

test('cancels a body that does not come within 200 ms', async () => {
  const clock = new VirtualClock();
  const { stream, cancelled } = body([10], false);

  const done = discardResponse(new Response(stream), clock);
  await clock.advance(199);
  const early = cancelled();
  await clock.advance(1);
  await done;

  expect([early, cancelled()]).toEqual([false, true]);
});

test('leaves alone what has no body, or one that somebody reads', async () => {
  const { stream, cancelled } = body([10], false);
  const response = new Response(stream);
  response.body!.getReader();

  await discardResponse(response, new VirtualClock());
  await discardResponse(new Response(null, { status: 204 }), new VirtualClock());

  expect(cancelled()).toBe(false);
});
