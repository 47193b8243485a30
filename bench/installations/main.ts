/**
 * Bad installations, in a machine each: what the installer medium of an edition says, and what is left.
 *
 *     pnpm bench:bad-installations [--edition s] [--only NAME] [--from NAME] [--refused]
 *
 * Each has to fail with its cause and, where one line is to blame, that line of the kickstart; and to leave no disk. Some
 * are refused before a machine is started; most before the disk is touched: those are tried in one machine, unless one is
 * named; the rest take a whole installation each.
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
import { endsOf } from './together.ts';

const { values } = parseArgs({
  options: {
    edition: { type: 'string', default: 's' },
    only: { type: 'string' },
    from: { type: 'string' },
    refused: { type: 'boolean', default: false },
  },
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
  const events: DeployEvent[] = [];
  const cut = new AbortController();
  const path = row.damaged === true ? await damaged(join(at.path, 'damaged.iso')) : join(built, iso ?? '');
  const failed = await install({
    ...(await machineIn(at.path, { twoDisks: row.twoDisks === true })),
    kickstart: { name: 'bad.cfg', text },
    source: { kind: 'iso', path, sha256: undefined },
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
  // Refused before a machine is started, too: then it has a code alone.
  const found = events.findLast((event) => event.type === 'failure')?.failure.cause ?? failed.code;
  const { message, kickstartLine } = failed;
  return wrongIn(row, text, { cause: found, message, kickstartLine }) ?? leftIn(join(at.path, 'disk'));
}

/** What is wrong with what was said of a bad installation. */
function wrongIn(
  { cause, says, line }: BadInstallation,
  text: string,
  said: { cause: string; message: string; kickstartLine: number | undefined },
): string | undefined {
  if (said.cause !== cause) return `its cause is ${said.cause}, not ${cause}: ${said.message}`;
  if (!says.test(said.message)) return `it does not say ${says}: ${said.message}`;
  const named = said.kickstartLine === undefined ? undefined : text.split('\n')[said.kickstartLine - 1];
  if (line !== undefined && !line.test(named ?? '')) return `it names the line ${named ?? 'none'}, not ${line}`;
  return undefined;
}

/** Those that are refused before the disk is touched, in one machine. What is wrong with each, by its name. */
async function problemsOf(rows: readonly BadInstallation[]): Promise<Map<string, string | undefined>> {
  await using at = await mkdtempDisposable(join(tmpdir(), 'phyllome-bad-'));
  // Both disks are there for the first alone.
  const sorted = rows.toSorted((one, other) => Number(other.twoDisks ?? false) - Number(one.twoDisks ?? false));
  const texts = sorted.map(({ change = (same: string) => same }) => change(flat));
  const machine = await machineIn(at.path, { twoDisks: true });
  const source = { kind: 'iso', path: join(built, iso ?? ''), sha256: undefined } as const;
  const ends = await endsOf(texts, flat, { ...machine, source, signal: interrupted.signal });
  const left = leftIn(join(at.path, 'disk'));
  return new Map(
    sorted.map((row, index) => {
      const [text = '', ended] = [texts[index], ends[index]];
      const same = text === flat && row.change !== undefined ? 'the kickstart is not changed by it' : undefined;
      return [row.name, same ?? (ended && (wrongIn(row, text, ended) ?? ended.problem)) ?? left];
    }),
  );
}

/** A machine whose files are in a folder that goes. */
async function machineIn(folder: string, { twoDisks }: { twoDisks: boolean }) {
  const second = join(folder, 'second.img');
  if (twoDisks) await sparse(second, 10 * 2 ** 30);
  return {
    disk: join(folder, 'disk', 'bad.img'),
    diskSizeGiB: 10,
    replace: false,
    firmware: 'uefi',
    memoryMiB: 3072,
    vcpus: 2,
    logsDir: join(folder, 'logs'),
    cacheDir: join(folder, 'cache'),
    host,
    moreDisks: twoDisks ? [second] : [],
  } as const;
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
function print(name: string, problem: string | undefined, since: number): void {
  if (problem !== undefined) wrong += 1;
  const seconds = Math.round((performance.now() - since) / 1000);
  console.log(
    `${problem === undefined ? 'ok   ' : 'WRONG'} ${name}, ${seconds} s${problem === undefined ? '' : `\n      ${problem}`}`,
  );
}

const first = values.from === undefined ? 0 : badInstallations.findIndex(({ name }) => name === values.from);
if (first === -1) throw new Error(`no bad installation is called ${values.from}`);
const chosen = badInstallations
  .slice(first)
  .filter(({ name }) => (values.only ?? name) === name)
  .filter(({ refused, early }) => !values.refused || refused === true || early === true);
const together = values.only === undefined ? chosen.filter(({ refused }) => refused === true) : [];
if (together.length > 0) {
  const since = performance.now();
  const problems = await problemsOf(together).catch((error: unknown) => String(error));
  if (!interrupted.signal.aborted)
    for (const { name } of together)
      print(`${name} (with others)`, typeof problems === 'string' ? problems : problems.get(name), since);
}
for (const row of chosen.filter((one) => !together.includes(one))) {
  if (interrupted.signal.aborted) break;
  const since = performance.now();
  const problem = await problemOf(row);
  if (!interrupted.signal.aborted) print(row.name, problem, since);
}
process.exitCode = interrupted.signal.aborted ? 130 : wrong > 0 ? 1 : 0;
