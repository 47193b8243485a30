/**
 * Every installation: each edition's installer medium is built, an empty disk installed from it, booted and judged, plain
 * and encrypted, by UEFI; and those that are named by --bios by BIOS, too. It may take hours.
 *
 *     pnpm bench:installations [--bios s,sh] [--resume] [--only bios] [--judge] [leaf…]
 *     pnpm bench:installations --table
 *
 * `--resume` leaves out what was accepted before, `--only` installs by one firmware, `--judge` installs nothing, and judges
 * the disks that were installed here before. After each, what it came to is kept in
 * `runs.jsonl`, instead of what the same one came to before, and the table edition × check, `docs/installations.md`, is
 * written from it. Both are committed: the rows may come from several machines and days. `--table` installs nothing.
 */
import { existsSync } from 'node:fs';
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { installationOf, isLive, openWorkspace, writeIfChanged } from '@phyllome/pipeline';
import { execa } from 'execa';
import { type Check, type Firmware, type Run, readRuns, renderTable, writeRuns } from './table.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    bios: { type: 'string', default: '' },
    only: { type: 'string', default: '' },
    resume: { type: 'boolean', default: false },
    judge: { type: 'boolean', default: false },
    table: { type: 'boolean', default: false },
  },
});
const root = join(import.meta.dirname, '../..');
const page = join(root, 'docs/installations.md');
const records = join(import.meta.dirname, 'runs.jsonl');
const workspace = openWorkspace(root);
const all = workspace.leaves.filter((leaf) => !isLive(leaf));
const byBios = new Set(values.bios.split(',').filter(Boolean));

/** What a command printed, how long it took and how it ended. */
async function phyllome(args: string[]): Promise<{ seconds: number; exitCode: number | undefined; said: string }> {
  const start = performance.now();
  const { exitCode, stderr } = await execa('node_modules/.bin/phyllome', args, {
    cwd: root,
    env: { PHYLLOME_BUILDER: 'rehearsal' },
    stdin: 'inherit',
    stdout: 'inherit',
    stderr: ['inherit', 'pipe'],
    reject: false,
  });
  return { seconds: Math.round((performance.now() - start) / 1000), exitCode, said: stderr };
}

/** What the last boots of a leaf came to. */
async function verdictOf(leaf: string, firmware: Firmware): Promise<Pick<Run, 'status' | 'cause' | 'checks'>> {
  const { stdout } = await execa('node_modules/.bin/phyllome', ['editions', '--json', leaf], { cwd: root });
  interface Verdict {
    firmware: string;
    status: string;
    cause?: string;
    checks?: Check[];
  }
  const { editions }: { editions: { verdicts: Verdict[] }[] } = JSON.parse(stdout);
  const verdict = editions[0]?.verdicts.find((one) => one.firmware === firmware);
  return { status: verdict?.status ?? 'not booted', cause: verdict?.cause, checks: verdict?.checks ?? [] };
}

/** Seconds until the disk was installed, as the events of the installation have it. */
async function installedAfter(leaf: string): Promise<number | undefined> {
  const path = join(installationOf(workspace, leaf).logs, 'events.jsonl');
  const events = existsSync(path) ? (await readFile(path, 'utf8')).split('\n') : [];
  const line = events.find((one) => one.startsWith('{"type":"installed"'));
  return line === undefined ? undefined : Math.round(Number(JSON.parse(line).atMs) / 1000);
}

const recorded = async (): Promise<Run[]> => readRuns(await readFile(records, 'utf8'));

async function writeTable(): Promise<void> {
  const runs = await recorded();
  const { stdout } = await execa('node_modules/.bin/phyllome', ['editions', '--json', ...all], { cwd: root });
  const { editions }: { editions: { checks: { id: string; status: string }[] }[] } = JSON.parse(stdout);
  const ids = editions[0]?.checks.map(({ id }) => id) ?? [];
  await writeIfChanged(workspace, page, renderTable(runs, { leaves: all, checks: ids }));
}

async function installAndJudge(leaf: string, firmware: Firmware, passphraseFile: string): Promise<Run> {
  const load = loadavg()[0] ?? 0;
  const options = ['--firmware', firmware, '--passphrase-file', passphraseFile];
  const started = Date.now();
  const built = values.judge ? undefined : await phyllome(['build', `install-${leaf}`]);
  const work = values.judge ? ['test-vm', `install-${leaf}`] : ['deploy', leaf, '--with', 'qemu', '--replace'];
  const done = built === undefined || built.exitCode === 0 ? await phyllome([...work, ...options]) : built;
  const installSeconds = done === built ? undefined : await installedAfter(leaf);
  const verdict =
    installSeconds === undefined
      ? {
          status: 'not installed',
          cause: done.said.split('\n').find((line) => line.startsWith('error')),
          checks: [],
        }
      : await verdictOf(leaf, firmware);
  return {
    leaf,
    firmware,
    day: new Date(started).toISOString().slice(0, 10),
    cpus: cpus().length,
    load: Math.round(load * 10) / 10,
    mediumSeconds: built?.seconds,
    installSeconds,
    judgeSeconds: installSeconds === undefined ? undefined : done.seconds - (values.judge ? 0 : installSeconds),
    exitCode: done.exitCode,
    ...verdict,
  };
}

/** Ended by a person or a signal: that says nothing of the edition, and is not recorded. */
const isInterrupted = (exitCode: number | undefined): boolean =>
  exitCode === undefined || exitCode === 130 || exitCode === 143;

async function installAll(): Promise<void> {
  await using at = await mkdtempDisposable(join(tmpdir(), 'phyllome-installations-'));
  const passphraseFile = join(at.path, 'passphrase');
  await writeFile(passphraseFile, 'correct horse battery staple\n');
  for (const leaf of positionals.length > 0 ? positionals : all) {
    for (const firmware of byBios.has(leaf) ? (['bios', 'uefi'] as const) : (['uefi'] as const)) {
      if (values.only !== '' && values.only !== firmware) continue;
      const isThis = (run: Run): boolean => run.leaf === leaf && run.firmware === firmware;
      if (values.resume && (await recorded()).find(isThis)?.status === 'accepted') continue;
      const run = await installAndJudge(leaf, firmware, passphraseFile);
      if (isInterrupted(run.exitCode)) {
        process.exitCode = run.exitCode ?? 1;
        return;
      }
      await writeIfChanged(
        workspace,
        records,
        writeRuns([...(await recorded()).filter((other) => !isThis(other)), run]),
      );
      console.log(
        `${leaf}, ${firmware}: ${run.status}; medium ${run.mediumSeconds ?? '-'} s, installed after ${run.installSeconds ?? '-'} s, judged in ${run.judgeSeconds ?? '-'} s`,
      );
      if (run.exitCode !== 0) process.exitCode = 1;
      await writeTable();
    }
  }
}

if (!values.table) await installAll();
await writeTable();
