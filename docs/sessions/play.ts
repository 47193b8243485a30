import { execa } from 'execa';
import { homedir } from 'node:os';
import { stripVTControlCharacters } from 'node:util';
import type { Session, Step, Watch } from './sessions.ts';

/** Where sessions are played: a clone of the project, and the environment of its commands. */
export interface Stage {
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Plays a session in a shell, and returns what a person has seen: `$` before each command, what it printed below it, as
 * to a pipe. What differs between machines is replaced by what anyone would see.
 *
 * @throws when a command ends with another exit code than it shall
 */
export async function play(session: Session, stage: Stage): Promise<string> {
  const parts: string[] = [];
  for (const step of session.steps) parts.push(await playStep(step, stage));
  return scrub(parts.join('\n'), stage.root);
}

function playStep(step: Step, stage: Stage): Promise<string> {
  return 'run' in step ? playRun(step.run, step.exit ?? 0, stage) : playWatch(step, stage);
}

async function playRun(command: string, exit: number, { root, env }: Stage): Promise<string> {
  const { all, exitCode } = await execa('bash', ['-c', command], {
    cwd: root,
    env,
    all: true,
    reject: false,
    stdin: 'ignore',
  });
  if (exitCode !== exit) throw new Error(`${command} ended with ${exitCode}, not ${exit}:\n${all}`);
  return [`$ ${command}`, all].filter((text) => text !== '').join('\n');
}

async function playWatch(step: Watch, { root, env }: Stage): Promise<string> {
  const { watch, waits, meanwhile, quit } = step;
  let seen = `$ ${watch}\n`;
  let more = Promise.withResolvers<false>();
  // `exec`: what is typed reaches the program, and no shell in between.
  const program = execa('bash', ['-c', `exec ${watch}`], {
    cwd: root,
    env,
    all: true,
    stdin: 'pipe',
    timeout: 300_000,
  });
  program.all.setEncoding('utf8').on('data', (text: string) => {
    seen += text;
    more.resolve(false);
  });
  const ended = program.then(() => true);
  const untilItWaits = async (from: number): Promise<void> => {
    while (!seen.slice(from).includes(waits)) {
      more = Promise.withResolvers();
      if (await Promise.race([more.promise, ended])) throw new Error(`${watch} ended:\n${seen}`);
    }
  };
  try {
    await untilItWaits(0);
    for (const command of meanwhile) {
      seen += `                                  # in another terminal:\n                                  $ ${command}\n`;
      const from = seen.length;
      await execa('bash', ['-c', command], { cwd: root, env });
      await untilItWaits(from);
    }
    program.stdin.write(`${quit}\n`);
    seen += `${quit}\n`;
    await program;
  } finally {
    program.kill('SIGKILL');
    await program.catch(() => undefined);
  }
  return seen.trimEnd();
}

/**
 * Without paths of this machine, colours, and what package managers print before each script.
 *
 * @param part a whole text, or one row of a terminal: that keeps its blanks
 */
export function scrub(text: string, root: string, part: 'text' | 'row' = 'text'): string {
  const anywhere = text.replaceAll(root, '~/phyllome-os-images').replaceAll(homedir(), '~');
  if (part === 'row') return anywhere;
  return stripVTControlCharacters(anywhere)
    .replaceAll(/^\$ (?:phyllome |nx |env=).*&& exec.*\n/gmu, '')
    .replaceAll(/[ \t]+$/gmu, '')
    .replaceAll(/\n{3,}/gu, '\n\n')
    .trim();
}

/** Without durations, sizes and dates: what two recordings have in common. */
export const timeless = (text: string): string =>
  text.replaceAll(/\d+:\d\d(?::\d\d)?|\d+(?:\.\d+)? ?(?:ms|s|MiB)\b/gu, '…');
