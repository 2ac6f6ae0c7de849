type Http = typeof import('node:http');

/**
 * Node's own client for `http:` or `https:`, loaded when it is first needed. An import in the usual way would read everything that
 * `node:http` exports, and with it load all of `fetch`: 50 ms, and 9 MB of memory.
 */
export function builtinHttp(secure: boolean): Pick<Http, 'Agent' | 'request'> {
  return secure ? process.getBuiltinModule('node:https') : process.getBuiltinModule('node:http');
}
