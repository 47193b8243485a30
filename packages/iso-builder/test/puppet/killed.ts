import { join } from 'node:path';
import { execa } from 'execa';

/** Starts a build in a process of its own (build.ts), and kills that in the middle of the installation. */
export const killedBuild = (folder: string, env: NodeJS.ProcessEnv): Promise<Killed> =>
  killedWhileInstalling(join(import.meta.dirname, 'build.ts'), { ...env, PUPPET_FOLDER: folder });

/** A process that was killed, and what it had printed by then. */
interface Killed {
  pid: number | undefined;
  said: string;
}

/** Starts a program that prints the phases of a build, and kills it in the middle of the installation. */
export async function killedWhileInstalling(program: string, env: NodeJS.ProcessEnv = {}): Promise<Killed> {
  const child = execa(process.execPath, [program], { env, reject: false });
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
