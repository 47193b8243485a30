/**
 * Bad installations, in a machine each: what the installer medium of an edition says, and what is left.
 *
 *     pnpm bench:bad-installations [--edition s] [--only NAME] [--from NAME]
 *
 * Each has to fail with its cause and, where one line is to blame, that line of the kickstart; and to leave no disk. Some
 * are refused before a machine is started; most before the disk is touched, which takes a boot; the rest take a whole
 * installation.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { constants, copyFile, mkdtempDisposable, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DeployError, type DeployEvent, install } from '@phyllome/deploy';
import { KickstartError } from '@phyllome/flattener';
import { probeHost } from '@phyllome/vm-tester';
import { badInstallations, type BadInstallation } from './rows.ts';

const { values } = parseArgs({
  options: { edition: { type: 'string', default: 's' }, only: { type: 'string' }, from: { type: 'string' } },
});
const root = join(import.meta.dirname, '../..');
const leaf = values.edition;
const built = join(root, 'dist', `installer-${leaf}`);
const iso = existsSync(built) ? readdirSync(built).find((name) => name.endsWith('.iso')) : undefined;
if (iso === undefined) throw new Error(`there is no installer medium of ${leaf}: pnpm nx installer install-${leaf}`);
const flat = readFileSync(join(root, 'flat', `flat-${leaf}.cfg`), 'utf8');
const host = await probeHost();

/** The machine of the row that runs goes, and its files with it. */
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort(new Error(name)));

/** What is wrong with how a bad installation ended; undefined: nothing. */
async function problemOf(row: BadInstallation): Promise<string | undefined> {
  const { change = (same: string) => same, cause, says, line, during } = row;
  await using at = await mkdtempDisposable(join(tmpdir(), 'phyllome-bad-'));
  const text = change(flat);
  if (text === flat && row.change !== undefined) return 'the kickstart is not changed by it';
  const disk = join(at.path, 'disk', 'bad.img');
  const events: DeployEvent[] = [];
  const cut = new AbortController();
  const source = row.damaged === true ? await damaged(join(at.path, 'damaged.iso')) : join(built, iso ?? '');
  const second = join(at.path, 'second.img');
  if (row.twoDisks === true) await sparse(second, 10 * 2 ** 30);
  const failed = await install({
    kickstart: { name: 'bad.cfg', text },
    source: { kind: 'iso', path: source, sha256: undefined },
    disk,
    diskSizeGiB: 10,
    replace: false,
    firmware: 'uefi',
    memoryMiB: 3072,
    vcpus: 2,
    logsDir: join(at.path, 'logs'),
    cacheDir: join(at.path, 'cache'),
    host,
    moreDisks: row.twoDisks === true ? [second] : [],
    signal: AbortSignal.any([cut.signal, interrupted.signal]),
    onEvent: (event) => {
      events.push(event);
      if (during !== undefined && event.type === 'phase' && event.phase === during) cut.abort(new Error('power cut'));
    },
  }).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (during !== undefined) {
    if (!(failed instanceof Error) || failed.message !== 'power cut') return `it did not end by it: ${String(failed)}`;
    return leftIn(join(at.path, 'disk'));
  }
  // Refused before a machine is started: what the kickstart says cannot be read.
  if (failed instanceof KickstartError) {
    const [problem] = failed.diagnostics;
    const blamed = text.split('\n')[(problem?.at.line ?? 0) - 1] ?? 'none';
    if (cause !== 'kickstart') return `it cannot be read: ${failed.message}`;
    if (!says.test(problem?.message ?? '')) return `it does not say ${says}: ${problem?.message}`;
    return line?.test(blamed) === false ? `it names the line ${blamed}, not ${line}` : leftIn(join(at.path, 'disk'));
  }
  if (!(failed instanceof DeployError)) return `it did not fail as a deployment does: ${String(failed)}`;
  const found = events.findLast((event) => event.type === 'failure')?.failure;
  if (found?.cause !== cause) return `its cause is ${found?.cause ?? failed.code}, not ${cause}: ${failed.message}`;
  if (!says.test(failed.message)) return `it does not say ${says}: ${failed.message}`;
  const named = failed.kickstartLine === undefined ? undefined : text.split('\n')[failed.kickstartLine - 1];
  if (line !== undefined && !line.test(named ?? '')) return `it names the line ${named ?? 'none'}, not ${line}`;
  return leftIn(join(at.path, 'disk'));
}

function leftIn(directory: string): string | undefined {
  const left = existsSync(directory) ? readdirSync(directory) : [];
  return left.length > 0 ? `it leaves ${left.join(', ')}` : undefined;
}

async function sparse(path: string, bytes: number): Promise<void> {
  await using file = await open(path, 'w');
  await file.truncate(bytes);
}

/** A copy of the medium, with nothing where the middle of its largest file was. */
async function damaged(path: string): Promise<string> {
  await copyFile(join(built, iso ?? ''), path, constants.COPYFILE_FICLONE);
  await using file = await open(path, 'r+');
  const { size } = await file.stat();
  const hole = Buffer.alloc(2 ** 20);
  for (let offset = Math.floor(size * 0.3); offset < size * 0.6; offset += hole.length)
    await file.write(hole, 0, hole.length, offset);
  return path;
}

let wrong = 0;
const first = values.from === undefined ? 0 : badInstallations.findIndex(({ name }) => name === values.from);
if (first === -1) throw new Error(`no bad installation is called ${values.from}`);
for (const row of badInstallations.slice(first).filter(({ name }) => (values.only ?? name) === name)) {
  const start = performance.now();
  const problem = await problemOf(row);
  if (interrupted.signal.aborted) break;
  if (problem !== undefined) wrong += 1;
  const seconds = Math.round((performance.now() - start) / 1000);
  console.log(
    `${problem === undefined ? 'ok   ' : 'WRONG'} ${row.name}, ${seconds} s${problem === undefined ? '' : `\n      ${problem}`}`,
  );
}
process.exitCode = interrupted.signal.aborted ? 130 : wrong > 0 ? 1 : 0;
