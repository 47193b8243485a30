import { execa } from 'execa';

/** Packages that decide an ISO; the others only look at it. */
const packages = ['cli', 'flattener', 'host', 'iso-builder', 'medium', 'pipeline', 'rehearsal'];

/**
 * What decides the bytes of an ISO, as git takes it (gitglossary(7), pathspec). It is what Nx hashes for `image`: an ISO
 * that comes from its cache bears the time that one built now would.
 */
export const sourcesOf = (flat: string, builder: string): string[] => [
  flat,
  `containers/${builder}`,
  ...packages.map((name) => `packages/${name}`),
  ':(exclude)*.md',
  ':(exclude)*.test.ts',
  ':(exclude)packages/*/test/*',
];

/**
 * The time that a build's files may bear at most, in seconds since the epoch: `SOURCE_DATE_EPOCH` if it is set, else
 * the last commit that touched any of `sources`, so that the same commit makes the same ISO on any day and machine.
 * Undefined outside a git checkout.
 */
export async function sourceDateEpoch(
  root: string,
  sources: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<number | undefined> {
  const given = env['SOURCE_DATE_EPOCH'];
  if (given !== undefined && /^\d+$/.test(given)) return Number(given);
  const { stdout } = await execa('git', ['log', '-1', '--format=%ct', '--', ...sources], { cwd: root, reject: false });
  return /^\d+$/.test(stdout ?? '') ? Number(stdout) : undefined;
}
