/**
 * What a large ISO costs on its way to a registry and back, and what a push that was interrupted half-way sends again. The
 * registry is Debian's docker-registry on this machine, with TLS and a login. Floors in the same run: `sha256sum` reads the
 * file once, `cp` copies it once. Memory is the largest of the command and all it starts, skopeo among them.
 *
 *   pnpm bench:remote [--gib 3]
 *
 * Takes the file's size five times in /var/tmp.
 */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { addImage } from '@phyllome/pipeline/store';
import { execa } from 'execa';
import { startRegistry } from '../../packages/pipeline/test/registry.ts';
import { type Cost, costOf } from '../cost.ts';
import { writeLargeFile } from '../large-file.ts';

const { values } = parseArgs({ options: { gib: { type: 'string', default: '3' } } });
const size = Math.round(Number(values.gib) * 2 ** 30);
/** Of the config of every artifact, `{}`. */
const empty = createHash('sha256').update('{}').digest('hex');
const inputs = `sha256:${'1'.repeat(64)}`;

await using resources = new AsyncDisposableStack();
const folder = await mkdtemp('/var/tmp/phyllome-bench-');
resources.defer(() => rm(folder, { recursive: true, force: true }));
process.env['TMPDIR'] = folder;
const registry = resources.use(await startRegistry());
const env = {
  ...registry.env,
  PHYLLOME_REMOTE_STORE: registry.repository,
  PHYLLOME_REMOTE_STORE_MODE: 'write',
};
const store = join(folder, 'store');
const iso = join(folder, 'result', 'phyllome-l-44.iso');
await mkdir(join(iso, '..'));
const sha256 = await writeLargeFile(iso, size);
await addImage(
  { root: store },
  {
    directory: join(iso, '..'),
    files: [{ path: 'phyllome-l-44.iso', size, sha256 }],
    facts: { edition: 'l', profile: 'draft', builder: 'rehearsal', inputs, created: new Date().toISOString() },
  },
);

console.log(`${values.gib} GiB; load ${loadavg()[0]?.toFixed(1)}`);
const floor = await costOf(['sha256sum', iso]);
print('sha256sum', floor);
print('cp', await costOf(['cp', '--reflink=never', iso, join(folder, 'copy')]));
await rm(join(folder, 'copy'));

const once = (operation: string, root: string): string[] => [
  process.execPath,
  join(import.meta.dirname, 'once.ts'),
  operation,
  root,
  inputs,
];
const [command = '', ...rest] = once('push', store);
const interrupted = execa(command, rest, { env, stdin: 'ignore' });
while ((await received()) < size / 2) await sleep(20);
interrupted.kill('SIGTERM');
console.log(`  push, ended by SIGTERM: "${(await interrupted).stdout}"`);
const kept = await received();
print('push again', await costOf(once('push', store), env));
const sent = (await received()) - kept;
console.log(
  `  the registry kept ${gib(kept)} GiB of the first, and got ${gib(sent)} of ${gib(size)} GiB by the second`,
);
print('push, there', await costOf(once('push', store), env));
print('fetch', await costOf(once('fetch', join(folder, 'another')), env));

/** Bytes of parts that the registry took whole. */
async function received(): Promise<number> {
  const whole = (await registry.requests()).filter(
    (line) => /^PUT \S*\/blobs\/uploads\/\S* 201$/u.test(line) && !line.includes(empty),
  );
  return whole.length * 256 * 2 ** 20;
}

function print(name: string, { wall, cpu, rss, said }: Cost): void {
  const share = (cpu / floor.cpu).toFixed(1);
  console.log(
    `  ${name.padEnd(12)} ${wall.toFixed(1).padStart(6)} s wall ${cpu.toFixed(2).padStart(6)} s CPU (${share} x sha256sum) ${rss.toFixed(0).padStart(4)} MiB  ${said}`,
  );
}

function gib(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(2);
}
