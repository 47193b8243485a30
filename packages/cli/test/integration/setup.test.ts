/** `./setup` on machines that lack something, or let it do less than this one does. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { type Server, createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { editionArchitecture } from '@phyllome/host';
import { execa } from 'execa';
import { afterEach, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../../../..');
let open = new AsyncDisposableStack();
afterEach(async () => {
  await open.disposeAsync();
  open = new AsyncDisposableStack();
});

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'phyllome-setup-'));
  open.defer(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

interface Here {
  readonly folder: string;
  readonly bin: string;
}

/** A checkout with this `setup`, and a PATH of all programs of this machine but some, and with others of the test's. */
async function machine(options: { without?: string[]; programs?: Record<string, string> } = {}): Promise<Here> {
  const { without = [], programs = {} } = options;
  const folder = await temporaryFolder();
  // Also for somebody who is not root.
  await chmod(folder, 0o777);
  for (const name of ['setup', 'release.json', 'package.json']) await copyFile(join(root, name), join(folder, name));
  await writeFile(join(folder, '.env.local'), 'PHYLLOME_BUILDER=fedora\n');
  const bin = join(folder, 'bin');
  await mkdir(bin);
  const known = new Set([...without, ...Object.keys(programs)]);
  for (const directory of [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']) {
    for (const name of await readdir(directory).catch(() => [])) {
      if (known.has(name)) continue;
      known.add(name);
      await symlink(join(directory, name), join(bin, name));
    }
  }
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }
  return { folder, bin };
}

/** As somebody who is not root. */
const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];

function setup({ folder, bin }: Here, args: string[], { as = [], env = {} }: { as?: string[]; env?: object } = {}) {
  const [program = '', ...rest] = [...as, '/bin/sh', './setup', ...args];
  return execa(program, rest, {
    cwd: folder,
    env: { PATH: bin, HOME: folder, ...env },
    extendEnv: false,
    all: true,
    reject: false,
    stdin: 'ignore',
  });
}

/** What the programs of a test were called with. */
async function calls({ folder }: Here): Promise<string[]> {
  const path = join(folder, 'calls');
  return existsSync(path) ? (await readFile(path, 'utf8')).trim().split('\n') : [];
}

const canBeOthers = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

test('it says what is missing, and --check changes nothing', async () => {
  const here = await machine({ without: ['groff'] });
  const { exitCode, stdout } = await setup(here, ['--check']);
  expect(stdout).toMatch(/^ {2}missing {2}groff /m);
  expect(exitCode).toBe(1);
});

test('an option that it does not have is wrong usage', async () => {
  const { exitCode, all } = await setup(await machine(), ['--nosuch']);
  expect([exitCode, all]).toEqual([2, expect.stringContaining('usage: ./setup')]);
});

test.skipIf(!canBeOthers)('sudo that wants a password nobody can type: says so, and installs nothing', async () => {
  const here = await machine({
    without: ['groff'],
    programs: {
      sudo: 'echo "sudo: a password is required" >&2; exit 1',
      'apt-get': 'echo "apt-get $*" >>"$HOME/calls"',
    },
  });
  const { exitCode, stderr } = await setup(here, [], { as: asNobody });
  expect(stderr).toMatch(/^setup: sudo did not give root: nothing was installed\n {2}hint: .*--check/m);
  expect(exitCode).toBe(3);
  expect(await calls(here)).toEqual([]);
});

test.skipIf(!canBeOthers)('neither root nor sudo', async () => {
  const here = await machine({ without: ['groff', 'sudo'] });
  const { exitCode, stderr } = await setup(here, [], { as: asNobody });
  expect([exitCode, stderr]).toEqual([3, expect.stringContaining('installing packages needs root')]);
});

test.skipIf(!canBeOthers)('what is there is not upgraded, and what must be is named first', async () => {
  const programs = {
    'apt-get': `echo "apt-get $*" >>"$HOME/calls"
case "$*" in *--simulate*)
  echo 'Inst libssl3 [3.0.1-1] (3.0.2-1 Debian:12 [amd64])'
  echo 'Inst groff (1.22.4-10 Debian:12 [amd64])'
esac`,
    // Of what is asked for, openssl alone is there.
    'dpkg-query': 'for last; do :; done; [ "$last" = openssl ] || exit 1; printf installed',
  };
  const here = await machine({ without: ['groff', 'skopeo'], programs });
  const { exitCode, stdout, all } = await setup(here, []);
  expect(exitCode, all).toBe(0);
  const installed = (await calls(here)).filter((line) => line.startsWith('apt-get install -y'));
  expect(installed).toEqual([expect.stringMatching(/ --no-upgrade .*\bgroff\b.*\bskopeo\b|--no-upgrade .*\bskopeo\b/)]);
  expect(installed[0]).not.toMatch(/\bopenssl\b/);
  expect(stdout).toContain('The new packages need newer versions of:\n  libssl3 3.0.1-1 to 3.0.2-1\n');
});

async function printedOn(architecture: string): Promise<string> {
  const here = await machine({ programs: { uname: `echo ${architecture}` } });
  return (await setup(here, ['--check'])).stdout;
}

test('a machine of another architecture is told what it can do', async () => {
  expect(await printedOn('aarch64')).toMatch(/this is aarch64, and editions are x86_64\.[^]*DOCKER_HOST/);
  expect(await printedOn('x86_64')).not.toContain('editions are');
});

test('what editions are for is said once, as the table of architectures has it', async () => {
  const text = await readFile(join(root, 'setup'), 'utf8');
  expect(text.match(/x86_64|amd64|aarch64|arm64/gu)).toEqual([editionArchitecture.name]);
  expect(text).toContain(`\neditions=${editionArchitecture.name}\n`);
});

/** Servers that answer for whatever host is asked for, and the proxy that leads to them. */
async function proxied({ refuses = false } = {}) {
  const folder = await temporaryFolder();
  const text = await readFile(join(root, 'setup'), 'utf8');
  const hosts = [...text.matchAll(/answers "?https:\/\/(?<host>[^/"]+)/gu)].map(({ groups }) => groups?.['host'] ?? '');
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const names = hosts.map((host) => `DNS:${host}`).join(',');
  const making = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test'.split(' ');
  const files = ['-keyout', key, '-out', certificate];
  await execa('openssl', [...making, ...files, '-addext', `subjectAltName=${names}`]);
  const server = createTlsServer({ key: await readFile(key), cert: await readFile(certificate) }, (_, response) => {
    response.writeHead(401).end();
  });
  const port = await listening(server);
  const asked: string[] = [];
  const proxy = createServer();
  proxy.on('connect', ({ url = '', headers }, client) => {
    asked.push(`${url} ${headers['proxy-authorization'] ?? ''}`);
    if (refuses) {
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    open.defer(() => void upstream.destroy());
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
  });
  const at = `127.0.0.1:${await listening(proxy)}`;
  return { at, asked, hosts, env: { HTTPS_PROXY: `http://me:s%20cret@${at}`, NODE_EXTRA_CA_CERTS: certificate } };
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.defer(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('it has no port');
  return address.port;
}

test('asks for Fedora by the proxy, and says so without its password', async () => {
  const proxy = await proxied();
  const { stdout } = await setup(await machine(), ['--check', '--probe'], { env: proxy.env });
  expect(stdout).toMatch(/^ {2}ok {7}builder {4}fedora: /m);
  expect(stdout).toContain(`asked by the proxy ${proxy.at}`);
  expect(stdout).not.toContain('cret');
  const credentials = `Basic ${Buffer.from('me:s cret').toString('base64')}`;
  expect(proxy.asked).toEqual(proxy.hosts.map((host) => `${host}:443 ${credentials}`));
});

test('a proxy that refuses: no Fedora', async () => {
  const proxy = await proxied({ refuses: true });
  const { stdout } = await setup(await machine(), ['--check', '--probe'], { env: proxy.env });
  expect(stdout).toMatch(/builder {4}rehearsal: .*does not answer/);
  expect(proxy.asked).toHaveLength(1);
});

test('hosts of NO_PROXY are asked directly', async () => {
  const proxy = await proxied();
  const domains = proxy.hosts.map((host) => `.${host.split('.').slice(1).join('.')}`).join(', ');
  await setup(await machine(), ['--check', '--probe'], { env: { ...proxy.env, NO_PROXY: domains } });
  expect(proxy.asked).toEqual([]);
});
