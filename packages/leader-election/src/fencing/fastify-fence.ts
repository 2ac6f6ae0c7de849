import { fence } from './fence.ts';
import type { FenceOptions, FenceRefusalBody } from './fence.ts';
import type { ReadableHeaders } from './fencing-token.ts';

/** As much of a Fastify request as is looked at. */
export interface FastifyRequest {
  readonly headers: ReadableHeaders;
}

/** As much of a Fastify reply as is used. */
export interface FastifyReply {
  code(status: number): unknown;
  header(name: string, value: string): unknown;
  send(body: FenceRefusalBody): unknown;
}

/**
 * A hook that lets only the present leader's requests through: `app.addHook('preHandler', fastifyFence({ gate }))`, or as `onRequest`,
 * which refuses before a body is read. Others are answered with 409, 400 or 428 and a small JSON body, see {@link fence}.
 * @throws {ConfigError}
 */
export function fastifyFence<Request extends FastifyRequest = FastifyRequest>(
  options: FenceOptions<Request>,
): (request: Request, reply: FastifyReply) => Promise<unknown> {
  const check = fence(options);
  return async (request, reply) => {
    const refusal = check(request.headers, request);
    if (refusal === undefined) return undefined;
    reply.code(refusal.status);
    reply.header('cache-control', 'no-store');
    reply.send(refusal.body);
    return reply; // tells Fastify that the answer is given
  };
}
