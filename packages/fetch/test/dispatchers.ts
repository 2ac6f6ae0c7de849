import { Agent, fetch, request } from 'undici';
import type { Dispatcher } from 'undici';
import { onTestFinished } from 'vitest';

export type Interceptor = Dispatcher.DispatcherComposeInterceptor;
export type Handler = Dispatcher.DispatchHandler;

/** The undici inside this Node, which its own `fetch` is of: since 8 it speaks with dispatchers as the one from npm does. */
export const builtIn: number = Number(process.versions['undici']!.split('.')[0]);

/** An agent of undici 8 for one test; the last interceptor is outermost. */
export function composed(...interceptors: readonly Interceptor[]): Dispatcher {
  const agent = new Agent();
  onTestFinished(() => agent.destroy());
  return agent.compose(...interceptors);
}

export interface Ask {
  readonly dispatcher: Dispatcher;
  readonly signal?: AbortSignal;
  readonly body?: string;
}

/** Both clients of undici 8, the text of the answer. */
export const clients: Record<'fetch' | 'request', (origin: string, ask: Ask) => Promise<string>> = {
  fetch: async (origin, ask) => (await fetch(origin, { method: 'PUT', ...ask })).text(),
  request: async (origin, ask) => (await request(origin, { method: 'PUT', ...ask })).body.text(),
};
export const both: readonly ['fetch', 'request'] = ['fetch', 'request'];

/** The controller an interceptor hands out while there is no connection yet, and the reasons it was aborted with. */
export function stubController(): { controller: Dispatcher.DispatchController; reasons: unknown[] } {
  const reasons: unknown[] = [];
  const controller: Dispatcher.DispatchController = {
    get aborted() {
      return reasons.length > 0;
    },
    get reason() {
      return (reasons[0] as Error | undefined) ?? null;
    },
    paused: false,
    rawHeaders: null,
    rawTrailers: null,
    abort: (reason) => void reasons.push(reason),
    pause: () => {},
    resume: () => {},
  };
  return { controller, reasons };
}
