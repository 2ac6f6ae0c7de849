/**
 * A client like this one, which can only be used while `assert` does not throw: itself, where it is a function, and each method. Everything
 * else goes through. It stands before an empty target, since a proxy may not show a frozen client's methods other than they are.
 */
export function guarded<C extends object>(client: C, assert: () => void): C {
  const methods = new WeakMap<Method, Method>();
  const guardedMethod = (method: Method): Method => {
    const known = methods.get(method);
    if (known !== undefined) return known;
    const proxy: Method = new Proxy(method, {
      apply: (_, _self, args) => {
        assert();
        return Reflect.apply(method, client, args);
      },
      construct: (_, args, target) => {
        assert();
        return Reflect.construct(method, args, target === proxy ? method : target) as object;
      },
    });
    methods.set(method, proxy);
    return proxy;
  };
  const proxy: C = new Proxy((typeof client === 'function' ? emptyFunction() : {}) as C, {
    apply: (_, self, args) => {
      assert();
      return Reflect.apply<unknown, unknown[], unknown>(client as Method, self, args);
    },
    construct: (_, args, target) => {
      assert();
      return Reflect.construct(client as Method, args, target === proxy ? (client as Method) : target) as object;
    },
    get: (_, property) => {
      const value: unknown = Reflect.get(client, property, client);
      return typeof value === 'function' ? guardedMethod(value as Method) : value;
    },
    set: (_, property, value, receiver) => Reflect.set(client, property, value, receiver === proxy ? client : receiver),
    has: (_, property) => Reflect.has(client, property),
    // A proxy may say that it has a fixed property, or no more than it has, only if that is true of its own target.
    defineProperty: (_, property, descriptor) => Reflect.defineProperty(client, property, { ...descriptor, configurable: true }),
    preventExtensions: () => false,
    deleteProperty: (_, property) => Reflect.deleteProperty(client, property),
    getPrototypeOf: () => Reflect.getPrototypeOf(client),
    ownKeys: () => Reflect.ownKeys(client),
    getOwnPropertyDescriptor: (_, property) => {
      const descriptor = Reflect.getOwnPropertyDescriptor(client, property);
      return descriptor && { ...descriptor, configurable: true };
    },
  });
  return proxy;
}

type Method = (...args: unknown[]) => unknown;

/** One that can be called and constructed, and has nothing that may not be shown otherwise: a bound one. */
function emptyFunction(): Method {
  // oxlint-disable-next-line no-extra-bind -- it is what makes the function one without a prototype of its own
  return function () {}.bind(undefined);
}
