import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';

/**
 * Leaves that try to reach what is not theirs. Each prints `tried: NAME` when it has tried all, and `reached: WHAT` for
 * whatever it got hold of. None writes to anything of the host: they open, and look.
 */
export interface HostileLeaf {
  name: string;
  /** What it is after, for people. */
  what: string;
  /** Sections of a kickstart. */
  text: string;
  /** What the build's error says; undefined where the ISO is to be built all the same. */
  refusal: RegExp | undefined;
  /** The line of `text`, from 1, that the error has to point at. */
  line: number | undefined;
}

export const hostileLeaves: readonly HostileLeaf[] = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.cfg'))
  .map((file) => {
    const text = readFileSync(join(import.meta.dirname, file), 'utf8');
    const [, what = '', outcome = '', at] = /^# (.*)\n# outcome: (.*)\n(?:# at: (.*)\n)?/u.exec(text) ?? [];
    if (outcome === '') throw new Error(`${file} does not say what comes of it`);
    const refusal = outcome === 'built' ? undefined : new RegExp(outcome, 'u');
    const line = at === undefined ? undefined : text.split('\n').indexOf(at) + 1;
    if (line === 0) throw new Error(`${file} has no line ${at}`);
    return { name: file.slice(0, -'.cfg'.length), what, text, refusal, line };
  });

/** Limits of a container in which a leaf takes all that there is: low ones, since this machine has other work. */
export const tightLimits = { processes: 512, memoryShare: (2 * 2 ** 30) / totalmem() };

/** How a medium is built that only has to be there. */
export const hostileMedium = {
  isoName: 'hostile.iso',
  volid: 'Phyllome-hostile',
  project: 'Phyllome OS',
  releasever: '44',
  profile: 'draft',
  sourceDateEpoch: 1_760_000_000,
} as const;

const beforeSections = `url --url=http://example.invalid/
network --bootproto=dhcp --hostname=hostile
part / --size=2048
poweroff
%packages --nocore
dracut-live
%end
`;

/** As little as a live medium can have, and more sections. */
export const kickstartWith = (sections: string): string => `${beforeSections}${sections}`;

/**
 * Whether a build's error says what the leaf says, and where: its message, not what is in a log besides.
 *
 * @param error `kickstartLine`: of {@link kickstartWith} the leaf's text
 */
export function saysClearly(
  { refusal, line }: HostileLeaf,
  error: { message: string; kickstartLine?: number | undefined },
): boolean {
  if (refusal?.test(error.message) !== true) return false;
  return line === undefined || error.kickstartLine === beforeSections.split('\n').length - 1 + line;
}

/** What the lines of all logs in a folder say, apart from the commands that they show. */
export async function saidIn(folder: string): Promise<string[]> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const logs = files.filter((entry) => entry.isFile() && entry.name.endsWith('.log'));
  const texts = await Promise.all(logs.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')));
  return texts
    .flatMap((text) => text.split('\n'))
    .flatMap(
      (line) => /^\S+ \S+ (?:\w+ program: )?(?<said>(?:reached|tried): .*)$/u.exec(line)?.groups?.['said'] ?? [],
    );
}

/** Settings of this machine's kernel that would run something as root, or that decide how it is defended. */
const kernelSettings = [
  'core_pattern',
  'core_pipe_limit',
  'core_uses_pid',
  'hostname',
  'kptr_restrict',
  'modprobe',
  'panic',
  'poweroff_cmd',
  'sysrq',
  'unprivileged_bpf_disabled',
].map((name) => `/proc/sys/kernel/${name}`);

/** File systems of containers, which come and go with what else is running. */
const ofContainers = /\/(?:containers|docker|netns|user|tmp|home|shm|overlay)/u;

/** What must be the same before and after: settings, mounts and control groups of this machine. */
export async function hostState(): Promise<Record<string, string>> {
  const hierarchies = await readdir('/sys/fs/cgroup').catch(() => []);
  const agents = hierarchies.flatMap((name) =>
    ['release_agent', 'notify_on_release'].map((file) => `/sys/fs/cgroup/${name}/${file}`),
  );
  const state: Record<string, string> = {};
  for (const path of [...kernelSettings, '/proc/sys/vm/overcommit_memory', '/proc/swaps', '/etc/passwd', ...agents]) {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text !== undefined) state[path] = text;
  }
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .filter((line) => !ofContainers.test(line));
  return { ...state, mounts: mounts.toSorted().join('\n') };
}

/** Prints the digest of every file of the cache; to be run in a container of the builder. */
export const cacheDigests = `cd /var/cache/phyllome && find . -type f -not -name '.part-*' -exec sha256sum '{}' +`;
