import { rm, writeFile } from 'node:fs/promises';
import { TimeLimitExceeded } from '../confine/confinement.ts';
import { limitMet, readContainerLimits } from '../confine/container-limits.ts';
import { resolveIn } from '../confine/resolve.ts';
import type { KickstartScript } from '../kickstart.ts';
import type { Log } from '../log.ts';
import type { Finished, RunOptions } from '../program.ts';
import { InstallError, PreScriptError, ScriptFailed } from './errors.ts';
import type { Runner } from './runner.ts';
import type { Target } from './target.ts';

/** Last lines of a script's output that an error quotes. */
const quotedLines = 20;

/** Appends its input to a file that may be the first in its directory. */
const append = 'mkdir -p "$(dirname -- "$1")" && cat >>"$1"';

/** What running scripts takes. */
export interface ScriptTools {
  target: Target;
  confinement: Runner;
  log: Pick<Log, 'anaconda'>;
}

/**
 * Runs a kickstart's scripts of one type in their order, as anaconda does (`pyanaconda/kickstart.py`, `run`): `%post`
 * inside the target unless `--nochroot`, everything else outside; a script that fails matters only with
 * `--erroronfail`. How they run is the runner's to say.
 *
 * @param installed whether there is something to be seen at `/mnt/sysimage`
 * @throws {InstallError} when a script with `--erroronfail` fails, or any takes too long; names its line in the flat
 * kickstart, and the limit of the container that it met.
 */
export async function runScripts(
  scripts: readonly KickstartScript[],
  type: KickstartScript['type'],
  { installed, tools }: { installed: boolean; tools: ScriptTools },
): Promise<void> {
  for (const script of scripts.filter((one) => one.type === type)) await runScript(script, installed, tools);
}

async function runScript(script: KickstartScript, installed: boolean, { target, confinement, log }: ScriptTools) {
  const inside = script.type === 'post' && !script.nochroot;
  const root = inside ? target.root : await confinement.installer.path();
  const run = (argv: readonly string[], options: RunOptions): Promise<Finished> =>
    inside
      ? confinement.runInside(root, argv, options)
      : confinement.runBeside(installed ? target.root : undefined, argv, options);

  const file = `/tmp/ks-script-${script.line}`;
  const path = await resolveIn(root, file);
  await rm(path, { recursive: true, force: true }); // Whatever an earlier script has put there.
  await writeFile(path, script.body, { mode: 0o700, flag: 'wx' });
  const before = await readContainerLimits();
  const { exitCode, lines } = await run([script.interpreter, file], { mayFail: true }).catch((error: unknown) => {
    if (!(error instanceof TimeLimitExceeded)) throw error;
    throw new InstallError(`The kickstart script at line ${script.line} did not end: ${error.message}`, {
      cause: error,
    });
  });
  await rm(await resolveIn(root, file), { recursive: true, force: true });

  for (const line of lines) log.anaconda(`ks-script-${script.line}.log`, line);
  if (script.log !== undefined) {
    const input = lines.map((line) => `${line}\n`).join('');
    await run(['sh', '-c', append, 'sh', script.log], { input, mayFail: true, quiet: true });
  }
  if (exitCode === 0) return;
  const own = script.type === 'pre';
  log.anaconda(
    own ? 'anaconda.log' : 'dbus.log',
    `Error code ${exitCode} running the kickstart script at line ${script.number}`,
  );
  if (!script.erroronfail) return;
  // Fedora's installer would say no more than what the script printed.
  const limit = limitMet(before, await readContainerLimits());
  if (limit !== undefined)
    throw new InstallError(
      [`The kickstart script at line ${script.line} ${limit}.`, ...lines.slice(-quotedLines)].join('\n'),
    );
  const failed = { number: script.number, output: lines.slice(-quotedLines) };
  throw own
    ? new PreScriptError(`a %pre script of the kickstart failed, line ${script.line}`, failed)
    : new ScriptFailed([String(script.number), '', ...failed.output].join('\n'), failed);
}
