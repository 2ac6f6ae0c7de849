/**
 * A client like this one, which can only be used while `assert` does not throw: itself, where it is a function, and each method. Everything
 * else goes through. It stands before an empty target, since a proxy may not show a frozen client's methods other than they are.
 */
export function guarded<C extends object>(client: C, assert: () => void): C {
  const methods = new WeakMap<Method, Method>();
  const guardedMethod = (method: Method): Method => {
    const known = methods.get(method);
    if (known !== undefined) return known;
    const apply = (_: Method, _self: unknown, args: unknown[]): unknown => {
      assert();
      return Reflect.apply(method, client, args);
    };
    const proxy = new Proxy(method, { apply });
    methods.set(method, proxy);
    return proxy;
  };
  return new Proxy((typeof client === 'function' ? emptyFunction() : {}) as C, {
    apply: (_, self, args) => {
      assert();
      return Reflect.apply<unknown, unknown[], unknown>(client as Method, self, args);
    },
    construct: (_, args, target) => {
      assert();
      return Reflect.construct(client as Method, args, target) as object;
    },
    get: (_, property) => {
      const value: unknown = Reflect.get(client, property, client);
      return typeof value === 'function' ? guardedMethod(value as Method) : value;
    },
    set: (_, property, value) => Reflect.set(client, property, value, client),
    has: (_, property) => Reflect.has(client, property),
    deleteProperty: (_, property) => Reflect.deleteProperty(client, property),
    getPrototypeOf: () => Reflect.getPrototypeOf(client),
    ownKeys: () => Reflect.ownKeys(client),
    getOwnPropertyDescriptor: (_, property) => {
      const descriptor = Reflect.getOwnPropertyDescriptor(client, property);
      return descriptor && { ...descriptor, configurable: true };
    },
  });
}

type Method = (...args: unknown[]) => unknown;

/** One that can be called and constructed, and has nothing that may not be shown otherwise: a bound one. */
function emptyFunction(): Method {
  // oxlint-disable-next-line no-extra-bind -- it is what makes the function one without a prototype of its own
  return function () {}.bind(undefined);
}
