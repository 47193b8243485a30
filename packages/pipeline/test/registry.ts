import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** What is missing of what a registry needs; `./setup` brings it where changes are accepted. */
export const registryLacks = ['docker-registry', 'htpasswd', 'skopeo', 'openssl'].filter(
  (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0,
);

/** Debian's docker-registry on the loopback device, with TLS and a login, empty. */
export interface Registry extends AsyncDisposable {
  /** `127.0.0.1:5000/phyllome/images`. */
  readonly repository: string;
  /** For those who may use it: `SSL_CERT_FILE` and `REGISTRY_AUTH_FILE`, as skopeo and every container tool read them. */
  readonly env: Record<string, string>;
  /** The same without a login. */
  readonly stranger: Record<string, string>;
  /** What it answered so far: `PUT /v2/…/blobs/uploads/… 201`. */
  requests(): Promise<string[]>;
  /** Asks it directly, with the login. */
  ask(
    path: string,
    init?: { method?: string; body?: Buffer | string; type?: string },
  ): Promise<{ status: number; body: Buffer }>;
  /** Exchanges a byte of a blob where the registry keeps it. */
  tamper(sha256: string): Promise<void>;
  /** Ends it, as a crash does; its data stay. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

export async function startRegistry(): Promise<Registry> {
  const directory = await mkdtemp(join(tmpdir(), 'registry-'));
  const at = (name: string): string => join(directory, name);
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const certificate = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost';
  const name = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const files = ['-keyout', at('key.pem'), '-out', at('certificate.pem')];
  await execa('openssl', [...certificate.split(' '), ...name, ...files]);
  const password = 'a password';
  await writeFile(at('htpasswd'), (await execa('htpasswd', ['-Bbn', 'builder', password])).stdout);
  const login = Buffer.from(`builder:${password}`).toString('base64');
  await writeFile(at('auth.json'), JSON.stringify({ auths: { [host]: { auth: login } } }));
  await writeFile(at('no-auth.json'), '{}');
  await writeFile(
    at('config.yml'),
    JSON.stringify({
      version: '0.1',
      log: { level: 'info', accesslog: { disabled: false } },
      storage: { filesystem: { rootdirectory: at('data') }, delete: { enabled: true } },
      http: { addr: host, tls: { certificate: at('certificate.pem'), key: at('key.pem') } },
      auth: { htpasswd: { realm: 'test', path: at('htpasswd') } },
    }),
  );
  let ended: (() => Promise<void>) | undefined;
  const stop = async (): Promise<void> => {
    await ended?.();
    ended = undefined;
  };
  const ask: Registry['ask'] = async (path, { method = 'GET', body, type } = {}) => {
    // The certificate is known to curl alone; Node would need it at its start.
    const headers = ['Accept: application/vnd.oci.image.manifest.v1+json'];
    if (type !== undefined) headers.push(`Content-Type: ${type}`);
    const who = ['--cacert', at('certificate.pem'), '--user', `builder:${password}`];
    const what = ['--request', method, ...headers.flatMap((header) => ['--header', header])];
    const data = body === undefined ? [] : ['--data-binary', '@-'];
    const { stdout } = await execa(
      'curl',
      ['--silent', ...who, ...what, ...data, '--write-out', '\n%{http_code}', `https://${host}${path}`],
      { encoding: 'buffer', ...(body === undefined ? { stdin: 'ignore' } : { input: body }) },
    );
    const text = Buffer.from(stdout);
    const end = text.lastIndexOf('\n');
    return { status: Number(text.subarray(end + 1).toString()), body: text.subarray(0, end) };
  };
  const start = async (): Promise<void> => {
    const child = spawn(
      'sh',
      ['-c', 'exec docker-registry serve "$1" >>"$2" 2>&1', 'sh', at('config.yml'), at('log')],
      {
        stdio: 'ignore',
      },
    );
    const gone = once(child, 'exit');
    ended = async () => {
      child.kill('SIGKILL');
      await gone;
    };
    for (;;) {
      const answer = await ask('/v2/').catch(() => undefined);
      if (answer?.status === 200) return;
      if (child.exitCode !== null) throw new Error(`docker-registry ended: ${await readFile(at('log'), 'utf8')}`);
    }
  };
  await start();
  const env = { SSL_CERT_FILE: at('certificate.pem'), REGISTRY_AUTH_FILE: at('auth.json') };
  return {
    repository: `${host}/phyllome/images`,
    env,
    stranger: { ...env, REGISTRY_AUTH_FILE: at('no-auth.json') },
    requests: async () =>
      [...(await readFile(at('log'), 'utf8')).matchAll(/"([A-Z]+ \/v2\/\S*) HTTP\/[\d.]+" (\d+)/gu)].map(
        ([, request, status]) => `${request} ${status}`,
      ),
    ask,
    async tamper(sha256) {
      const file = await open(at(`data/docker/registry/v2/blobs/sha256/${sha256.slice(0, 2)}/${sha256}/data`), 'r+');
      await file.write('X', 500);
      await file.close();
    },
    stop,
    start,
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A port of the loopback device that nothing listens on. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
