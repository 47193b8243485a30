/**
 * Bad installations, in a machine each: what the installer medium of an edition says, and what is left.
 *
 *     pnpm bench:bad-installations [--edition s] [--only NAME] [--from NAME] [--refused]
 *     pnpm bench:bad-installations --table
 *
 * Each has to fail with its cause and, where one line is to blame, that line of the kickstart; and to leave no disk. Some
 * are refused before a machine is started; most before the disk is touched: those are tried in one machine, unless one is
 * named; the rest take a whole installation each. What each came to is kept in `bad-runs.jsonl`, in the place of what the
 * same one came to before, and `docs/bad-installations.md` is written from it; `--table` does no more than that.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { constants, copyFile, mkdtempDisposable, open } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DeployError, type DeployEvent, install } from '@phyllome/deploy';
import { KickstartError } from '@phyllome/flattener';
import { SECTOR_BYTES, findIsoFile } from '@phyllome/medium';
import { installationOf, openWorkspace, writeIfChanged } from '@phyllome/pipeline';
import { probeHost, startMachine } from '@phyllome/vm-tester';
import { bootOpening } from '../../acceptance/passphrase.ts';
import { type BadRun, mergeBadRuns, readBadRuns, renderBadTable } from './bad-table.ts';
import { jsonLines } from './json-lines.ts';
import { mediumOf } from './medium.ts';
import { badInstallations, type BadInstallation } from './rows.ts';
import { endsOf } from './together.ts';

const { values } = parseArgs({
  options: {
    edition: { type: 'string', default: 's' },
    only: { type: 'string' },
    from: { type: 'string' },
    refused: { type: 'boolean', default: false },
    table: { type: 'boolean', default: false },
  },
});
const root = join(import.meta.dirname, '../..');
const leaf = values.edition;

const workspace = openWorkspace(root);
const flat = readFileSync(join(root, 'flat', `flat-${leaf}.cfg`), 'utf8');
const host = await probeHost();

/** The machine of the row that runs goes, and its files with it. */
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort(new Error(name)));

/** How a bad installation ended. */
interface End {
  /** Undefined: no machine was started. */
  phase: string | undefined;
  cause: string;
  message: string;
  kickstartLine: number | undefined;
}

/** How it ended, with what is wrong with that; undefined: nothing. */
type Judged = Omit<BadRun, 'name' | 'edition' | 'day' | 'cpus' | 'load' | 'seconds'>;

/** Does one bad installation, in a machine of its own. */
async function endOf(row: BadInstallation): Promise<Judged> {
  const { change = (same: string) => same, during } = row;
  await using at = await mkdtempDisposable(join(tmpdir(), 'phyllome-bad-'));
  const text = change(flat);
  const events: DeployEvent[] = [];
  const path = row.damaged === true ? await damaged(join(at.path, 'damaged.iso')) : mediumOf(root, leaf);
  const failed = await install({
    ...(await machineIn(at.path, { twoDisks: row.twoDisks === true })),
    kickstart: { name: 'bad.cfg', text },
    source: { kind: 'iso', path, sha256: undefined },
    signal: interrupted.signal,
    onEvent: (event) => {
      events.push(event);
      if (during !== undefined && event.type === 'phase' && event.phase === during) cutPower();
    },
  }).then(
    () => undefined,
    (error: unknown) => error,
  );
  const end = endBy(failed, events);
  if (end === undefined) return { cause: '', said: '', problem: `it did not fail as it should: ${String(failed)}` };
  const judged = judgedBy(row, text, end);
  return { ...judged, problem: judged.problem ?? leftIn(join(at.path, 'disk')) };
}

/** Boots what was installed, encrypted, with another passphrase than its own: as its edition is booted to be judged. */
async function endOfBoot(row: BadInstallation, passphrase: string): Promise<Judged> {
  await using at = await mkdtempDisposable(join(tmpdir(), 'phyllome-bad-'));
  const encrypted = `${leaf}-encrypted`;
  const there = installationOf(workspace, encrypted).disk;
  const disk = existsSync(there) ? there : await installEncrypted(encrypted, at.path);
  await using machine = await startMachine({
    image: { disk, format: 'raw' },
    firmware: 'uefi',
    cpus: 2,
    memoryMiB: 2048,
    host,
    signal: interrupted.signal,
  });
  const verdict = await bootOpening(machine, { traits: new Set(['encrypted']), passphrase }, () => machine.boot());
  if (verdict.status !== 'rejected') return { cause: '', said: '', problem: `its verdict is ${verdict.status}` };
  const message = verdict.evidence.map(({ line }) => line).join('\n');
  return judgedBy(row, flat, { phase: verdict.phase, cause: verdict.cause, message, kickstartLine: undefined });
}

/** @returns the disk */
async function installEncrypted(name: string, folder: string): Promise<string> {
  const text = readFileSync(join(root, 'flat', `flat-${name}.cfg`), 'utf8');
  const machine = await machineIn(folder, { twoDisks: false });
  await install({
    ...machine,
    kickstart: { name: `flat-${name}.cfg`, text },
    source: { kind: 'iso', path: mediumOf(root, name), sha256: undefined },
    passphrase: 'correct horse battery staple',
    signal: interrupted.signal,
  });
  return machine.disk;
}

function endBy(failed: unknown, events: readonly DeployEvent[]): End | undefined {
  // Refused before a machine is started: what the kickstart says cannot be read.
  if (failed instanceof KickstartError) {
    const [problem] = failed.diagnostics;
    return { phase: undefined, cause: 'kickstart', message: problem?.message ?? '', kickstartLine: problem?.at.line };
  }
  if (!(failed instanceof DeployError)) return undefined;
  // Refused before a machine is started, too: then it has a code alone.
  const cause = events.findLast((event) => event.type === 'failure')?.failure.cause ?? failed.code;
  const started = events.some(({ type }) => type === 'host');
  const phase = started ? (events.findLast((event) => event.type === 'phase')?.phase ?? 'firmware') : undefined;
  return { phase, cause, message: failed.message, kickstartLine: failed.kickstartLine };
}

/** What is wrong with how a bad installation ended, beside what it left. */
function judgedBy(row: BadInstallation, text: string, { phase, cause, message, kickstartLine }: End): Judged {
  const line = kickstartLine === undefined ? undefined : text.split('\n')[kickstartLine - 1];
  const lines = message.split('\n').map((one) => one.trim());
  const said = lines.find((one) => row.says.test(one)) ?? lines.find((one) => one !== '') ?? '';
  const problem =
    text === flat && row.change !== undefined
      ? 'the kickstart is not changed by it'
      : cause !== row.cause
        ? `its cause is ${cause}, not ${row.cause}: ${message}`
        : !row.says.test(message)
          ? `it does not say ${row.says}: ${message}`
          : row.line?.test(line ?? '') === false
            ? `it names the line ${line ?? 'none'}, not ${row.line}`
            : undefined;
  return { phase, cause, line, said, problem };
}

/** Those that are refused before the disk is touched, in one machine. How each ended, in their order. */
async function endsTogether(rows: readonly BadInstallation[]): Promise<Judged[]> {
  await using at = await mkdtempDisposable(join(tmpdir(), 'phyllome-bad-'));
  // Both disks are there for the first alone.
  const sorted = rows.toSorted((one, other) => Number(other.twoDisks ?? false) - Number(one.twoDisks ?? false));
  const texts = sorted.map(({ change = (same: string) => same }) => change(flat));
  const machine = await machineIn(at.path, { twoDisks: true });
  const source = { kind: 'iso', path: mediumOf(root, leaf), sha256: undefined } as const;
  const ends = await endsOf(texts, flat, { ...machine, source, signal: interrupted.signal });
  const left = leftIn(join(at.path, 'disk'));
  return rows.map((row) => {
    const index = sorted.indexOf(row);
    const [text = '', ended] = [texts[index], ends[index]];
    if (ended === undefined) return { cause: '', said: '', problem: 'it was not tried' };
    const judged = judgedBy(row, text, ended);
    return { ...judged, problem: judged.problem ?? ended.problem ?? left };
  });
}

/** Kills the machine's process, as a power cut ends a machine: it gets no time to end by itself. */
function cutPower(pid: number = process.pid): void {
  for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter(Boolean)
    .map(Number)) {
    cutPower(child);
    if (readFileSync(`/proc/${child}/comm`, 'utf8').startsWith('qemu-system')) process.kill(child, 'SIGKILL');
  }
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

/** The system on the rehearsal's installer media. */
const PAYLOAD = 'images/payload.img';

/** A copy of the medium, with nothing where the middle of the system is that it installs. */
async function damaged(path: string): Promise<string> {
  await copyFile(mediumOf(root, leaf), path, constants.COPYFILE_FICLONE);
  await using file = await open(path, 'r+');
  const payload = await findIsoFile(file, PAYLOAD);
  if (payload === undefined) throw new Error(`the medium has no ${PAYLOAD}`);
  const hole = Buffer.alloc(2 ** 20);
  const [start, end] = [0.4, 0.6].map((share) => payload.sector * SECTOR_BYTES + Math.floor(payload.sizeBytes * share));
  for (let offset = start ?? 0; offset < (end ?? 0); offset += hole.length)
    await file.write(hole, 0, hole.length, offset);
  return path;
}

/** What the runs came to so far, and the page that is written from it. */
const records = join(import.meta.dirname, 'bad-runs.jsonl');
const page = join(root, 'docs/bad-installations.md');
const names = badInstallations.map(({ name }) => name);

async function record(runs: readonly BadRun[]): Promise<void> {
  const before = existsSync(records) ? readBadRuns(readFileSync(records, 'utf8')) : [];
  const all = mergeBadRuns(before, runs, names);
  await writeIfChanged(workspace, records, jsonLines(all));
  await writeIfChanged(workspace, page, renderBadTable(all, names));
}

/** Runs, prints and records what some rows come to. Interrupted, that says nothing of them. */
async function tried(rows: readonly BadInstallation[], work: () => Promise<readonly Judged[]>): Promise<void> {
  const { edition } = values;
  const load = Math.round((loadavg()[0] ?? 0) * 10) / 10;
  const [day, since] = [new Date().toISOString().slice(0, 10), performance.now()];
  const ends = await work().catch((error: unknown): Judged[] =>
    rows.map(() => ({ cause: '', said: '', problem: String(error) })),
  );
  if (interrupted.signal.aborted) return;
  const seconds = Math.round((performance.now() - since) / 1000);
  const common = {
    edition,
    day,
    cpus: cpus().length,
    load,
    seconds,
    ...(rows.length > 1 && { together: rows.length }),
  };
  const runs = rows.map(({ name }, index): BadRun => ({
    name,
    ...common,
    ...(ends[index] ?? { cause: '', said: '' }),
  }));
  for (const { name, problem } of runs)
    console.log(
      `${problem === undefined ? 'ok   ' : 'WRONG'} ${name}, ${seconds} s${problem === undefined ? '' : `\n      ${problem}`}`,
    );
  if (runs.some(({ problem }) => problem !== undefined)) process.exitCode = 1;
  await record(runs);
}

const first = values.from === undefined ? 0 : names.indexOf(values.from);
if (first === -1) throw new Error(`no bad installation is called ${values.from}`);
if (values.only !== undefined && !names.includes(values.only))
  throw new Error(`no bad installation is called ${values.only}`);
const chosen = badInstallations
  .slice(first)
  .filter(({ name }) => !values.table && (values.only ?? name) === name)
  .filter(({ refused, early }) => !values.refused || refused === true || early === true);
const together = values.only === undefined ? chosen.filter(({ refused }) => refused === true) : [];
if (together.length > 0) await tried(together, () => endsTogether(together));
for (const row of chosen.filter((one) => !together.includes(one)))
  if (!interrupted.signal.aborted)
    await tried([row], async () => [row.types === undefined ? await endOf(row) : await endOfBoot(row, row.types)]);
if (values.table) await record([]);
if (interrupted.signal.aborted) process.exitCode = 130;
