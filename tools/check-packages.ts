// Packs every package as it would be published and looks at the tarballs the way a stranger's project would: what is in them,
// whether their exports and types resolve (publint, attw, tsc), and whether they load from ES modules and from CommonJS.
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

interface Manifest {
  name: string;
  exports: Record<string, string>;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

const tarballs = resolve('reports/tarballs');
/** A project with nothing but the packed packages and what they depend on. */
const consumer = resolve('reports/consumer');
/** A stranger's settings: strict, and with our declarations checked as well. */
const compilerOptions = {
  target: 'es2024',
  lib: ['es2024', 'esnext.disposable', 'dom'],
  module: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true,
  types: ['node'],
  typeRoots: [resolve('node_modules/@types')],
};
const problems: string[] = [];
const manifestIn = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

/** Runs a command; what it prints is a problem if it fails. */
function check(what: string, command: string, args: readonly string[], cwd = consumer): void {
  try {
    execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    console.log(`  ok  ${what}`);
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    problems.push(`${what}: ${stdout}${stderr}`.trim());
  }
}

/** What lies in the installed package and should not, or should and does not. */
function contents(folder: string): string[] {
  const files = globSync('**/*', { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  const stray = files.filter((path) => /\.test(-d)?\.|tsbuildinfo/.test(path)).map((path) => `${path} should not be packed`);
  const absent = ['LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts']
    .filter((path) => !files.includes(path))
    .map((path) => `${path} is missing`);
  const lost = files
    .filter((path) => path.endsWith('.map'))
    .flatMap((path) => {
      const { sources } = JSON.parse(readFileSync(join(folder, path), 'utf8')) as { sources: string[] };
      return sources
        .filter((source) => !existsSync(join(folder, dirname(path), source)))
        .map((source) => `${path}: no ${source}`);
    });
  return [...stray, ...absent, ...superfluous(folder), ...lost];
}

/** JavaScript beside that of the doors and what they share: every file is one more to find and read. */
function superfluous(folder: string): string[] {
  const doors = Object.values(manifestIn(folder).exports).map((file) => file.replace(/^\.\//, ''));
  return globSync('dist/**/*.js', { cwd: folder })
    .filter((path) => !doors.includes(path) && path !== 'dist/shared.js')
    .map((path) => `${path} is no door`);
}

rmSync(tarballs, { recursive: true, force: true });
rmSync(consumer, { recursive: true, force: true });
mkdirSync(tarballs, { recursive: true });
mkdirSync(join(consumer, 'node_modules'), { recursive: true });
execFileSync('pnpm', ['-r', '--filter', './packages/*', 'pack', '--pack-destination', tarballs], { stdio: 'ignore' });

const doors: string[] = [];
for (const source of globSync('packages/*/package.json').toSorted().map(dirname)) {
  const { name } = manifestIn(source);
  const tarball = join(tarballs, globSync(`${name.replace('@', '').replace('/', '-')}-[0-9]*.tgz`, { cwd: tarballs })[0] ?? '');
  const installed = join(consumer, 'node_modules', name);
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  console.log(name);

  const manifest = manifestIn(installed);
  doors.push(...Object.keys(manifest.exports).map((door) => name + door.slice(1)));
  for (const dependency of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    const from = resolve(source, 'node_modules', dependency);
    const to = join(consumer, 'node_modules', dependency);
    if (/^(@holdfast\/|holdfast$)/.test(dependency) || existsSync(to) || !existsSync(from)) continue;
    mkdirSync(dirname(to), { recursive: true });
    symlinkSync(from, to);
  }

  problems.push(...contents(installed).map((problem) => `${name}: ${problem}`));
  const { messages, pkg } = await publint({ pkgDir: installed, pack: false, strict: true });
  problems.push(...messages.map((message) => `${name}: publint: ${formatMessage(message, pkg) ?? message.code}`));
  check('attw', process.execPath, [
    resolve('node_modules/@arethetypeswrong/cli/dist/index.js'),
    tarball,
    '--profile',
    'esm-only',
  ]);
}

const modules = doors.filter((door) => !door.endsWith('/package.json'));
const imports = modules.map((door, index) => `import * as door${index} from '${door}';\nexport { door${index} };\n`).join('');
writeFileSync(join(consumer, 'package.json'), '{ "type": "commonjs" }\n');
const files = ['import.mts', 'require.cts'];
writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
// Most services leave the browser's types out.
writeFileSync(
  join(consumer, 'tsconfig.server.json'),
  JSON.stringify({ compilerOptions: { ...compilerOptions, lib: ['es2024'] }, files }),
);
writeFileSync(join(consumer, 'import.mts'), imports);
writeFileSync(join(consumer, 'require.cts'), imports);
writeFileSync(join(consumer, 'import.mjs'), imports);
writeFileSync(join(consumer, 'require.cjs'), doors.map((door) => `require('${door}');\n`).join(''));

writeFileSync(
  join(consumer, 'once.mjs'),
  `import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import * as core from '@holdfast/core';
import { aClock } from '@holdfast/core/options';
import { scripted } from '@holdfast/core/testing';
import * as holdfast from 'holdfast';
assert.equal(holdfast.hub, core.hub);
assert.equal(createRequire(import.meta.url)('@holdfast/core').hub, core.hub);
assert.equal(aClock.fallback, core.systemClock);
assert.throws(() => scripted([]), core.ConfigError);
assert.throws(() => holdfast.circuitBreaker({ openMs: -1 }), core.ConfigError);
`,
);

console.log('all together');
check('import from an ES module', process.execPath, ['import.mjs']);
check('require from CommonJS', process.execPath, ['require.cjs']);
check('one event hub and one clock, through whichever door', process.execPath, ['once.mjs']);
const tsc = resolve('node_modules/typescript/bin/tsc');
check('types, library declarations checked too', process.execPath, [tsc, '-p', consumer]);
check('types without those of a browser', process.execPath, [tsc, '-p', join(consumer, 'tsconfig.server.json')]);

for (const problem of problems) console.error(`\n${problem}`);
console.log(
  `\n${modules.length} entry points of ${globSync('packages/*/package.json').length} packages, ${problems.length} problems`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
