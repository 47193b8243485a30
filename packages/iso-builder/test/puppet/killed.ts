import { join } from 'node:path';
import { execa } from 'execa';

/** Starts a build in a process of its own (build.ts), and kills that in the middle of the installation. */
export async function killedBuild(
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<{ pid: number | undefined; said: string }> {
  const child = execa(process.execPath, [join(import.meta.dirname, 'build.ts')], {
    env: { ...env, PUPPET_FOLDER: folder },
    reject: false,
  });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (text: Buffer) => {
      said += text.toString();
      if (said.includes('install')) resolve();
    });
    child.then(({ stderr }) => reject(new Error(`it ended by itself: ${stderr}`)), reject);
  });
  child.kill('SIGKILL');
  await child;
  return { pid: child.pid, said };
}
