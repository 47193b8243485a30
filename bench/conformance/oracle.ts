import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** What pykickstart makes of a kickstart. */
export type Answer =
  | { readonly accepted: true; readonly text: string }
  | { readonly accepted: false; readonly message: string };

/** The version of the pykickstart that `python3` finds; `undefined` where there is none. */
export function oracleVersion(): string | undefined {
  const code = 'import pykickstart; from importlib.metadata import version; print(pykickstart.__version__)';
  const { status, stdout } = spawnSync('python3', ['-c', code], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** Asks pykickstart itself, all at once. @throws {Error} when it ends before it has answered all */
export function askOracle(questions: readonly { readonly version: string; readonly text: string }[]): Answer[] {
  const input = questions.map((question) => JSON.stringify(question)).join('\n');
  const { status, stdout, stderr } = spawnSync('python3', [join(import.meta.dirname, 'oracle.py')], {
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(`the oracle ended with ${status}:\n${stderr}`);
  return stdout
    .trim()
    .split('\n')
    .map((line): Answer => JSON.parse(line));
}
