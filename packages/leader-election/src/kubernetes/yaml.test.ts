import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseYaml } from './yaml.ts';

/** Maps have no prototype: a key may be called anything. */
const plain = (text: string): unknown => JSON.parse(JSON.stringify(parseYaml(text)));

test('reads a kubeconfig as kubectl writes it', () => {
  const text = `
apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: QUJD
    server: https://10.0.0.1:6443 # the first
  name: prod
- cluster: {server: "https://[::1]:6443", insecure-skip-tls-verify: true}
  name: 'dev''s'
contexts: []
current-context: "prod"
kind: Config
preferences: {}
users:
  - name: me
    user:
      exec:
        apiVersion: client.authentication.k8s.io/v1
        args:
        - --region
        - eu-west-1
        -   "get-token"
        env:
        - name: PROFILE
          value: a: b
        installHint: Install the plugin by following
          https://example.com/#install and
          try again
        command: plugin
      token: null
`.replace('value: a: b', 'value: "a: b"');

  expect(plain(text)).toEqual({
    apiVersion: 'v1',
    kind: 'Config',
    preferences: {},
    contexts: [],
    'current-context': 'prod',
    clusters: [
      { name: 'prod', cluster: { 'certificate-authority-data': 'QUJD', server: 'https://10.0.0.1:6443' } },
      { name: "dev's", cluster: { server: 'https://[::1]:6443', 'insecure-skip-tls-verify': true } },
    ],
    users: [
      {
        name: 'me',
        user: {
          exec: {
            apiVersion: 'client.authentication.k8s.io/v1',
            args: ['--region', 'eu-west-1', 'get-token'],
            env: [{ name: 'PROFILE', value: 'a: b' }],
            installHint: 'Install the plugin by following https://example.com/#install and try again',
            command: 'plugin',
          },
          token: null,
        },
      },
    ],
  });
});

test('reads JSON, for that is YAML too', () => {
  // Numbers stay texts.
  const json = fc
    .jsonValue({ stringUnit: 'grapheme' })
    .filter((value) => !/[0-9]/.test(JSON.stringify(value).replace(/"(\\.|[^"\\])*"/g, '')));
  fc.assert(
    fc.property(json, fc.constantFrom(undefined, 1, 2), (value, indent) => {
      expect(JSON.stringify(parseYaml(JSON.stringify(value, undefined, indent)))).toBe(JSON.stringify(value));
    }),
  );
});

test('reads block maps and lists however they are nested', () => {
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      fc.stringMatching(/^[a-z][a-z0-9/.-]{0,9}$/).filter((text) => !/^(true|false|null)$/.test(text)),
      fc.boolean(),
      fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
      fc.dictionary(fc.stringMatching(/^[a-z-]*[a-z]$/), tie('tree'), { minKeys: 1, maxKeys: 3 }),
    ),
  }));
  fc.assert(
    fc.property(tree, fc.constantFrom('  ', '    '), (value, step) => {
      expect(plain(blocks(value, '', step))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

function blocks(value: unknown, indent: string, step: string): string {
  if (typeof value !== 'object' || value === null) return `${indent}${String(value)}\n`;
  if (Array.isArray(value)) return value.map((item) => `${indent}-\n${blocks(item, indent + step, step)}`).join('');
  return Object.entries(value)
    .map(([key, inside]) => `${indent}${key}:\n${blocks(inside, indent + step, step)}`)
    .join('');
}

describe('texts', () => {
  test.each([
    ['a: plain text # with a comment', 'plain text'],
    ['a: with#no comment', 'with#no comment'],
    ['a: https://host:6443/path', 'https://host:6443/path'],
    ['a: 12345', '12345'],
    ['a: ~', null],
    ['a:', null],
    ['a: ""', ''],
    ['a: "true"', 'true'],
    ['a: true', true],
    [String.raw`a: "tab\tand \u00e9 \U0001F600 \x41 \" \\"`, 'tab\tand é 😀 A " \\'],
    ["a: 'it''s' # so", "it's"],
    ['a: "over\n  two lines\n\n  and more"', 'over two lines\nand more'],
    ['a: over\n  two lines\n', 'over two lines'],
    ['a: |\n  as\n    it is\n\nb: 1', 'as\n  it is\n'],
    ['a: |-\n  as\n  it is', 'as\nit is'],
    ['a: >\n  folded\n  text\n\n  and more', 'folded text\nand more\n'],
    ['a: { b: [x, "y" , z: 1], }'.replace('z: 1', 'z'), { b: ['x', 'y', 'z'] }],
    ['a: {\n  b: c # comment\n  , d: [\n] }', { b: 'c', d: [] }],
    ['"a": b', 'b'],
    ['a : b', 'b'],
    ['--- # start\na: b\n...', 'b'],
    ['\uFEFFa: b\r\n', 'b'],
  ])('%j', (text, value) => {
    expect(plain(text)).toMatchObject({ a: value });
  });

  test('of a whole document', () => {
    expect(parseYaml('just text')).toBe('just text');
    expect(parseYaml('# nothing')).toBeNull();
    expect(plain('- - a\n  - b\n- c: d\n  e: f')).toEqual([['a', 'b'], { c: 'd', e: 'f' }]);
    expect(plain('{"__proto__": "x"}')).toEqual(JSON.parse('{"__proto__": "x"}'));
  });
});

describe('refuses, naming the line,', () => {
  test.each([
    ['an anchor', 'a: &x b', 1],
    ['an alias', 'b: 1\na: *x', 2],
    ['a tag', 'a: !!binary QUJD', 1],
    ['a complex key', '? a\n: b', 1],
    ['a directive', '%YAML 1.2\n---\na: b', 1],
    ['a second document', 'a: b\n---\nc: d', 2],
    ['a tab', 'a:\n\tb: c', 2],
    ['a key twice', 'a: 1\nb: 2\na: 3', 3],
    ['a key twice in brackets', '{a: 1, a: 2}', 1],
    ['a wrong indentation', 'a: 1\n  b: 2', 2],
    ['an indentation of another depth', 'a:\n    b: 1\n  c: 2', 3],
    ['a map in the line of a key', 'a: b: c', 1],
    ['a list in the line of a key', 'a: - b', 1],
    ['no end of a quote', 'x: 1\na: "b', 2],
    ['no end of a list', 'a: [b,\n c', 2],
    ['text after a quote', 'a: "b" c', 1],
    ['an unknown escape', String.raw`a: "\q"`, 1],
    ['a broken escape', String.raw`a: "\u12"`, 1],
    ['a line that is no entry', 'a: 1\nb', 2],
    ['no value between commas', 'a: [b,,c]', 1],
    ['an indented block header it does not know', 'a: |2\n    b', 1],
  ])('%s', (_, text, line) => {
    expect(() => parseYaml(text)).toThrow(new RegExp(`^line ${line}: .+ is not understood$`));
  });
});

test('never hangs and never throws anything else, whatever the text', () => {
  const parts = fc.constantFrom(
    'a',
    ': ',
    ':',
    '- ',
    '-',
    '\n',
    '\n  ',
    '\n    ',
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    ',',
    '#',
    ' #',
    '|',
    '>',
    '---',
    '\\',
    '&',
    '\t',
  );
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 25 }), (text) => {
      try {
        parseYaml(text.join(''));
      } catch (error) {
        expect((error as Error).name).toBe('YamlError');
      }
    }),
    { numRuns: 2_000 },
  );
});
