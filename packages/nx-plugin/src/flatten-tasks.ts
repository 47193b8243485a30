/**
 * The executor of `flatten`: many leaves are flattened by one `phyllome flatten`, as starting one for each takes ten times
 * what they need.
 */
import { join } from 'node:path';
import type { ExecutorContext, TaskGraph } from '@nx/devkit';
import { execa } from 'execa';

interface Options {
  readonly leaf: string;
}

/** What Nx keeps in its cache of a task, beside its files. */
interface Outcome {
  success: boolean;
  terminalOutput: string;
}

type Place = Pick<ExecutorContext, 'root'>;

/** One leaf. */
export default async function flatten({ leaf }: Options, { root }: Place): Promise<{ success: boolean }> {
  return shown(await run(root, [leaf]));
}

/**
 * All leaves of a run of Nx.
 *
 * @param options by task
 */
export async function flattenAll(
  { tasks }: TaskGraph,
  options: Record<string, Options>,
  _overrides: unknown,
  { root }: Place,
): Promise<Record<string, Outcome>> {
  const wanted = Object.keys(tasks).map((id) => ({ id, leaf: options[id]?.leaf ?? '' }));
  const leaves = wanted.map(({ leaf }) => leaf);
  const first = await run(root, leaves);
  const [only, ...more] = wanted;
  if (only !== undefined && more.length === 0) return { [only.id]: shown(first) };
  const { success, stdout, stderr } = first;
  const lines = stdout.split('\n');
  // A line each, and nothing to remark: then it is known which is whose. Otherwise each says for itself what is wrong.
  const isPlain = success && stderr === '' && lines.length === wanted.length;
  const outcomes: Record<string, Outcome> = {};
  for (const [at, { id, leaf }] of wanted.entries()) {
    outcomes[id] = shown(isPlain ? { success, terminalOutput: `${lines[at]}\n` } : await run(root, [leaf]));
  }
  return outcomes;
}

interface Run extends Outcome {
  stdout: string;
  stderr: string;
}

async function run(root: string, leaves: readonly string[]): Promise<Run> {
  const phyllome = join(root, 'node_modules/.bin/phyllome');
  const { exitCode, stdout, stderr, all } = await execa(phyllome, ['flatten', ...leaves], {
    cwd: root,
    reject: false,
    all: true,
    stdin: 'ignore',
  });
  return { success: exitCode === 0, terminalOutput: `${all}\n`, stdout, stderr };
}

/** Of many tasks, Nx itself shows nothing. */
function shown({ success, terminalOutput }: Outcome): Outcome {
  process.stdout.write(terminalOutput);
  return { success, terminalOutput };
}
