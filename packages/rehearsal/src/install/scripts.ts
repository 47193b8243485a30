import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { KickstartScript } from '../kickstart.ts';
import type { Log } from '../log.ts';
import type { Programs } from '../program.ts';
import { InstallError } from './errors.ts';
import type { Target } from './target.ts';

/** Last lines of a script's output that an error quotes. */
const quotedLines = 20;

/**
 * Runs a kickstart's scripts of one type in their order, as anaconda does (`pyanaconda/kickstart.py`, `run`): `%post`
 * inside the target unless `--nochroot`, everything else outside; a script that fails matters only with
 * `--erroronfail`.
 *
 * @throws {InstallError} when a script with `--erroronfail` fails; names its line in the flat kickstart.
 */
export const runScripts = async (
  scripts: readonly KickstartScript[],
  { type, target, programs, log }: { type: KickstartScript['type']; target: Target; programs: Programs; log: Log },
): Promise<void> => {
  for (const script of scripts.filter((one) => one.type === type)) {
    const inside = type === 'post' && !script.nochroot;
    const file = `/tmp/ks-script-${script.line}`;
    const path = inside ? target.path(file) : file;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, script.body, { mode: 0o700 });
    const argv = [script.interpreter, file];
    const { exitCode, lines } = inside
      ? await target.run(argv, { mayFail: true })
      : await programs.run(argv, { mayFail: true, cwd: '/' });
    await rm(path, { force: true });

    for (const line of lines) log.anaconda(`ks-script-${script.line}.log`, line);
    if (script.log !== undefined) {
      const own = inside ? join(target.root, script.log) : script.log;
      await mkdir(dirname(own), { recursive: true });
      await appendFile(own, lines.map((line) => `${line}\n`).join(''));
    }
    if (exitCode === 0) continue;
    log.anaconda('anaconda.log', `Error code ${exitCode} running the kickstart script at line ${script.line}`);
    if (script.erroronfail)
      throw new InstallError(
        [
          `There was an error running the kickstart script at line ${script.line}.  This is a fatal error and installation will be aborted.  The details of this error are:`,
          '',
          ...lines.slice(-quotedLines),
          `(exit code ${exitCode})`,
        ].join('\n'),
      );
  }
};
