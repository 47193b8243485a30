import { targetEnvironment } from '../install/runner.ts';
import { lstat, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isErrno } from '../errno.ts';
import { InstallError } from '../install/errors.ts';
import { type Finished, ProgramError, type Programs, type RunOptions } from '../program.ts';
import { sourceDateEpoch } from '../source-date-epoch.ts';
import { InstallerRoot } from './installer-root.ts';
import { type Limits, masksIn, type Proc, sandboxArgv, sandboxFailure, type View } from './sandbox.ts';
import { scriptFilter } from './seccomp.ts';

/** What one confined program may use up, unless the environment says otherwise. */
const defaultTimeoutSeconds = 60 * 60;
const maxOutputBytes = 64 * 2 ** 20;

/** Where the kernel's file systems come; a script may have put something else there. */
const mountPoints = ['proc', 'sys', 'dev'];

/**
 * Opened for writing, which changes nothing yet: what the kernel obeys for the whole machine. A sandbox in which one of
 * them opens confines nothing.
 */
const mustNotOpen = ['/proc/sys/kernel/core_pattern', '/proc/sys/kernel/modprobe', '/proc/sysrq-trigger'];

/**
 * Says what the sandbox lets through: a file of the builder's own root directory, by whichever process, and those that
 * must not open.
 */
const reachMark = 'reached: ';
const reachEnd = 'all tried';
const reach = `secret=$1
shift
for root in /proc/[0-9]*/root; do
  if [ -e "$root$secret" ]; then echo "${reachMark}$root"; fi
done
for file; do
  if (: >>"$file") 2>/dev/null; then echo "${reachMark}$file"; fi
done
echo '${reachEnd}'`;

/** The settings of a confinement that the environment of the builder makes. */
export interface ConfinementSettings {
  network: boolean;
  timeoutSeconds: number;
}

/**
 * `PHYLLOME_NETWORK`: `full`, as in Fedora's installer, or `none`; `PHYLLOME_SCRIPT_TIMEOUT`: seconds for each script.
 *
 * @throws {InstallError} for anything else: a misspelt limit must not be none.
 */
function confinementSettings(env: NodeJS.ProcessEnv): ConfinementSettings {
  const network = env['PHYLLOME_NETWORK'] || 'full';
  if (network !== 'full' && network !== 'none')
    throw new InstallError(`PHYLLOME_NETWORK is "${network}": set it to full or none`);
  const text = env['PHYLLOME_SCRIPT_TIMEOUT'] || String(defaultTimeoutSeconds);
  const timeoutSeconds = Number(text);
  if (!/^\d{1,6}$/u.test(text) || timeoutSeconds === 0)
    throw new InstallError(`PHYLLOME_SCRIPT_TIMEOUT is "${text}": set it to a number of seconds, at most 999999`);
  return { network: network === 'full', timeoutSeconds };
}

/** The sandbox of a program could not be made. */
class SandboxFailure extends InstallError {}

/** A confined program ran longer than it may; it was ended, with all that it had started. */
export class TimeLimitExceeded extends InstallError {}

/**
 * Runs what a kickstart brings, or may have changed: its scripts, and every program of the installed system once a
 * script has run. The builder's own programs, Debian's packages with their maintainer scripts among them, run outside
 * and before: nothing that is confined can reach their files, the caches or the results.
 */
export class Confinement {
  /** Where scripts outside of the installed system live. */
  readonly installer: InstallerRoot;
  readonly #programs: Programs;
  readonly #settings: ConfinementSettings;
  readonly #fileBytes: number;
  readonly #filter: string;
  readonly #hidden: readonly string[];
  #proc: Promise<Proc> | undefined;

  private constructor(options: {
    programs: Programs;
    settings: ConfinementSettings;
    fileBytes: number;
    filter: string;
    hidden: readonly string[];
    installer: InstallerRoot;
  }) {
    this.#programs = options.programs;
    this.#settings = options.settings;
    this.#fileBytes = options.fileBytes;
    this.#filter = options.filter;
    this.#hidden = options.hidden;
    this.installer = options.installer;
  }

  /**
   * @param fileBytes no file of a confined program grows larger: the size of the system's file system
   * @throws {InstallError} for settings that are not valid
   */
  static async open(
    programs: Programs,
    { fileBytes, env = process.env }: { fileBytes: number; env?: NodeJS.ProcessEnv },
  ): Promise<Confinement> {
    const settings = confinementSettings(env);
    const filter = join(await mkdtemp(join(tmpdir(), 'rehearsal-filter-')), 'scripts.bpf');
    await writeFile(filter, scriptFilter());
    const installer = new InstallerRoot(programs);
    const cache = env['PHYLLOME_REHEARSAL_CACHE'];
    const hidden = cache === undefined || cache === '' ? [] : [cache];
    return new Confinement({ programs, settings, fileBytes, filter, hidden, installer });
  }

  /** Removes what it has made. */
  async [Symbol.asyncDispose](): Promise<void> {
    await rm(dirname(this.#filter), { recursive: true, force: true });
    await this.installer.remove();
  }

  /**
   * Runs a program of the installed system in it.
   *
   * @throws {ProgramError}; {TimeLimitExceeded}; {InstallError} when a script has made that impossible.
   */
  async runInside(root: string, argv: readonly string[], options: RunOptions = {}): Promise<Finished> {
    await requireMountPoints(root);
    return this.#run(argv, { root }, options);
  }

  /**
   * Runs a program beside the installed system, in the installer's own root directory.
   *
   * @param installed the installed system's directory, once there is one: it appears at `/mnt/sysimage`
   * @throws {ProgramError}; {TimeLimitExceeded}; {InstallError} when a script has made that impossible.
   */
  async runBeside(installed: string | undefined, argv: readonly string[], options: RunOptions = {}): Promise<Finished> {
    const root = await this.installer.path();
    if (installed !== undefined) await requireMountPoints(installed);
    await requireMountPoints(root);
    const view: View = { root, readOnly: ['/usr'] };
    if (installed !== undefined) view.installed = { from: installed, at: '/mnt/sysimage' };
    return this.#run(argv, view, options);
  }

  async #run(argv: readonly string[], view: View, options: RunOptions): Promise<Finished> {
    this.#proc ??= this.#howProcComes();
    return this.#start(argv, view, await this.#proc, options);
  }

  async #start(argv: readonly string[], view: View, proc: Proc, options: RunOptions): Promise<Finished> {
    const epoch = sourceDateEpoch();
    const limits: Limits = { fileBytes: this.#fileBytes, network: this.#settings.network };
    const { filter, hidden } = { filter: this.#filter, hidden: this.#hidden };
    try {
      const finished = await this.#programs.run(sandboxArgv(argv, { view, proc, limits, filter, hidden }), {
        // `passwd` writes the day; a `%post` may want to make the same bytes twice, too.
        env: { ...targetEnvironment, ...(epoch === undefined ? {} : { SOURCE_DATE_EPOCH: String(epoch) }) },
        cwd: '/',
        timeoutMs: this.#settings.timeoutSeconds * 1000,
        maxOutputBytes,
        shownAs: argv,
        ...options,
      });
      requireMade(finished.exitCode, finished.lines);
      return finished;
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      requireMade(error.exitCode, error.lastLines);
      if (error.timedOut)
        throw new TimeLimitExceeded(
          `${argv.join(' ').split('\n', 1)[0]} ran longer than ${this.#settings.timeoutSeconds} s and was ended (PHYLLOME_SCRIPT_TIMEOUT).`,
          { cause: error },
        );
      throw error;
    }
  }

  /** Tries it once, in the builder's own root directory, and makes sure that it confines. */
  async #howProcComes(): Promise<Proc> {
    const masks = masksIn(await readFile('/proc/self/mountinfo', 'utf8'));
    const probe = ['sh', '-c', reach, 'sh', this.#filter, ...mustNotOpen];
    const view: View = { root: await this.installer.path(), readOnly: ['/usr'] };
    const attempt = (fresh: boolean): Promise<Finished> =>
      this.#start(probe, view, { fresh, masks }, { mayFail: true });
    // In a user name space a new /proc may be refused.
    let fresh = true;
    const { lines } = await attempt(true).catch((error: unknown) => {
      if (!(error instanceof SandboxFailure)) throw error;
      fresh = false;
      return attempt(false);
    });
    const reached = lines.filter((line) => line.startsWith(reachMark));
    if (reached.length > 0 || !lines.includes(reachEnd))
      throw new InstallError(
        [
          'The scripts of the kickstart cannot be confined, and none was run: they would reach',
          ...(reached.length > 0 ? reached : lines.slice(-5)),
        ].join('\n'),
      );
    return { fresh, masks };
  }
}

/** @throws {SandboxFailure} when a program was not run, because its sandbox could not be made. */
function requireMade(exitCode: number, lines: readonly string[]): void {
  const said = lines.findLast((line) => line.startsWith(sandboxFailure.line));
  if (exitCode !== sandboxFailure.exitCode || said === undefined) return;
  throw new SandboxFailure(
    `The programs of the kickstart cannot be confined, and were not run: ${said.slice(sandboxFailure.line.length)}.`,
  );
}

/** @throws {InstallError} when something else than a directory is where the kernel's file systems come. */
async function requireMountPoints(root: string): Promise<void> {
  for (const name of mountPoints) {
    const path = join(root, name);
    await mkdir(path).catch((error: unknown) => {
      if (!isErrno(error, 'EEXIST')) throw error;
    });
    if (!(await lstat(path)).isDirectory())
      throw new InstallError(`A script of the kickstart has put something else than a directory at /${name}.`);
  }
}
