import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';

const repository = resolve(import.meta.dirname, '../../..');

/**
 * The ISO of the live base, which tests boot or spoil: `PHYLLOME_TEST_ISO`, or what `nx build iso-l` makes of this
 * checkout. That is made once; what comes after it in a test run, as `nx test-vm iso-l`, finds it there.
 */
export async function goodIso(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  if (env['PHYLLOME_TEST_ISO']) return resolve(env['PHYLLOME_TEST_ISO']);
  await execa('pnpm', ['nx', 'build', 'iso-l'], { cwd: repository, stdin: 'ignore', stdout: 'ignore' });
  const folder = join(repository, 'dist', 'iso-l');
  const name = (await readdir(folder)).find((file) => file.endsWith('.iso'));
  if (name === undefined) throw new Error(`nx build iso-l left no ISO in ${folder}`);
  return join(folder, name);
}
