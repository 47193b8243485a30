import { createHash, hash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { findProgram, osReleasePaths, readOsRelease } from '@phyllome/host';
import { execa } from 'execa';

/** For a package database to be listed. */
const listMs = 60_000;

/** Every installed package, with its exact version, and with rpm the digest of its header. */
const databases = [
  ['rpm', '-qa', '--qf', '%{NEVRA} %{SHA256HEADER}\\n'],
  ['dpkg-query', '-W', '-f', '${Package} ${Version} ${Architecture} ${db:Status-Status}\\n'],
] as const;

/**
 * The digest (`sha256:…`) of the system that builds on this machine itself: its release, all installed packages and the
 * livemedia-creator on the PATH. What is made with one system is not taken for what another would make.
 *
 * Where no package database can be read, a digest that never comes again: nothing that was made there is reused.
 */
export async function hostSystem(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<string> {
  const lists = await Promise.all(databases.map((argv) => packagesBy(argv, env, signal)));
  const packages = lists.flat().toSorted();
  const program = findProgram('livemedia-creator', env);
  const known = {
    release: await readOsRelease(),
    architecture: process.arch,
    packages: packages.length > 0 ? packages : randomUUID(),
    program: program === undefined ? '' : await digestOf(program),
  };
  return `sha256:${hash('sha256', JSON.stringify(known))}`;
}

/** Files, there or not, of which one is another state when {@link hostSystem} may be another digest: absolute paths. */
export function hostSystemFiles(env: NodeJS.ProcessEnv): string[] {
  const program = findProgram('livemedia-creator', env);
  return [
    ...osReleasePaths,
    '/var/lib/dpkg/status',
    ...['/usr/lib/sysimage/rpm', '/var/lib/rpm'].flatMap((at) => [`${at}/rpmdb.sqlite`, `${at}/rpmdb.sqlite-wal`]),
    ...(program === undefined ? [] : [program]),
  ];
}

async function packagesBy(
  [name, ...args]: (typeof databases)[number],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const program = findProgram(name, env);
  if (program === undefined) return [];
  const { stdout, exitCode } = await execa(program, args, {
    env: { ...env, LC_ALL: 'C' },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: listMs,
    maxBuffer: 64 * 2 ** 20,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  signal?.throwIfAborted();
  return exitCode === 0 ? (stdout ?? '').split('\n').filter((line) => line !== '') : [];
}

async function digestOf(path: string): Promise<string> {
  const digest = createHash('sha256');
  await pipeline(createReadStream(path), digest);
  return digest.digest('hex');
}
