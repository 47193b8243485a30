import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';

const repository = resolve(import.meta.dirname, '../../..');
/** The program itself, for tests that start it in ways of their own. */
export const main = join(repository, 'packages/cli/src/main.ts');

/** A copy of what `phyllome` reads, in a temporary directory, with an image store of its own. */
export interface TestWorkspace extends AsyncDisposable {
  root: string;
  store: string;
  /** Starts `phyllome` there, as its own process. `env` is added to this process's; undefined removes a variable. */
  phyllome(args: string[], env?: Record<string, string | undefined>): ReturnType<typeof runPhyllome>;
}

export async function testWorkspace(): Promise<TestWorkspace> {
  const root = await mkdtemp(join(tmpdir(), 'phyllome-cli-test-'));
  for (const name of ['nx.json', 'release.json', 'leaves', 'flat', 'containers', 'acceptance/catalogue.json']) {
    await cp(join(repository, name), join(root, name), { recursive: true });
  }
  const store = join(root, 'store');
  return {
    root,
    store,
    phyllome: (args, env = {}) =>
      runPhyllome(root, args, { PHYLLOME_BUILDER: 'rehearsal', PHYLLOME_STORE: store, ...env }),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

/** Starts `phyllome` in a directory, as its own process. */
export function runPhyllome(cwd: string, args: string[], env: Record<string, string | undefined> = {}) {
  return execa(process.execPath, [main, ...args], { cwd, env, reject: false, all: true, stdin: 'ignore' });
}
