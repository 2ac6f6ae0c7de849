import { fence } from './fence.ts';
import type { FenceOptions } from './fence.ts';
import type { ReadableHeaders } from './fencing-token.ts';

/** As much of an Express, Connect or node:http request as is looked at. */
export interface ExpressRequest {
  readonly headers: ReadableHeaders;
}

/** As much of a response as is used. */
export interface ExpressResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(text: string): unknown;
}

/**
 * Middleware that lets only the present leader's requests through: `app.use('/ledger', expressFence({ gate }))`. Others are answered
 * with 409, 400 or 428 and a small JSON body, see {@link fence}.
 * @throws {ConfigError}
 */
export function expressFence<Request extends ExpressRequest = ExpressRequest>(
  options: FenceOptions<Request>,
): (request: Request, response: ExpressResponse, next: (error?: unknown) => void) => void {
  const check = fence(options);
  return (request, response, next) => {
    const refusal = check(request.headers, request);
    if (refusal === undefined) return next();
    response.statusCode = refusal.status;
    response.setHeader('content-type', 'application/json; charset=utf-8');
    response.setHeader('cache-control', 'no-store');
    response.end(JSON.stringify(refusal.body));
  };
}
