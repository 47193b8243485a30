import { execa } from 'execa';

/**
 * The time that a build's files may bear at most, in seconds since the epoch: `SOURCE_DATE_EPOCH` if it is set, else
 * the last commit that touched any of `paths`, so that the same commit makes the same ISO on any day and machine.
 * Undefined outside a git checkout.
 */
export async function sourceDateEpoch(
  root: string,
  paths: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<number | undefined> {
  const given = env['SOURCE_DATE_EPOCH'];
  if (given !== undefined && /^\d+$/.test(given)) return Number(given);
  const { stdout } = await execa('git', ['log', '-1', '--format=%ct', '--', ...paths], { cwd: root, reject: false });
  return /^\d+$/.test(stdout ?? '') ? Number(stdout) : undefined;
}
