import type { Machine } from '../../machine/machine.ts';
import { aboutMachine } from '../answer.ts';
import { parseMounts } from '../guest-text.ts';
import type { Answer } from '../answer.ts';

export interface FileExpectation {
  /** The permission bits, as 0o644. */
  mode?: number;
  /** A user's name. */
  owner?: string;
  group?: string;
  sha256?: string;
  content?: string | RegExp;
}

/** A file of any kind; links are followed. */
export const toHaveFile = aboutMachine(async (machine, path: string, wanted: FileExpectation = {}): Promise<Answer> => {
  const expected = `to have the file ${path}${Object.keys(wanted).length > 0 ? ` with ${show(wanted)}` : ''}`;
  const stat = await machine.execute(['stat', '--dereference', '--format=%a %U %G', '--', path]);
  if (stat.exitCode !== 0) return { pass: false, expected, actual: `stat says ${String(stat.stderr).trim()}` };
  const found = await look(machine, path, String(stat.stdout).trim(), wanted);
  const { content, ...exact } = wanted;
  const keys = ['mode', 'owner', 'group', 'sha256'] as const;
  const same = keys.every((key) => exact[key] === undefined || exact[key] === found[key]);
  const text = found.content ?? '';
  const fits = content === undefined || (typeof content === 'string' ? text === content : text.search(content) >= 0);
  return { pass: same && fits, expected, actual: `it has it with ${show(found)}` };
});

/** Only what is asked about. */
async function look(machine: Machine, path: string, stat: string, wanted: FileExpectation) {
  const [mode = '', owner = '', group = ''] = stat.split(' ');
  const found: FileExpectation & { content?: string } = {};
  if (wanted.mode !== undefined) found.mode = Number.parseInt(mode, 8);
  if (wanted.owner !== undefined) found.owner = owner;
  if (wanted.group !== undefined) found.group = group;
  if (wanted.sha256 !== undefined) found.sha256 = (await machine.succeed(['sha256sum', '--', path])).slice(0, 64);
  if (wanted.content !== undefined) found.content = String(await machine.readFile(path));
  return found;
}

function show({ mode, content, ...others }: FileExpectation): string {
  const words = Object.entries(others).map(([key, value]) => `${key} ${value}`);
  if (mode !== undefined) words.unshift(`mode ${mode.toString(8).padStart(4, '0')}`);
  if (content !== undefined) {
    words.push(`content ${content instanceof RegExp ? String(content) : JSON.stringify(content.slice(0, 500))}`);
  }
  return words.join(', ') || 'nothing else asked';
}

/** Something is mounted there. */
export const toHaveMount = aboutMachine(
  async (machine, path: string, { fstype, options = [] }: { fstype?: string; options?: string[] } = {}) => {
    const wanted = [fstype, ...options].filter((word) => word !== undefined).join(', ');
    const expected = `to have ${path} mounted${wanted ? ` with ${wanted}` : ''}`;
    const mount = parseMounts(await machine.succeed('cat /proc/self/mounts')).findLast((one) => one.path === path);
    if (!mount) return { pass: false, expected, actual: 'nothing is mounted there' };
    return {
      pass:
        (fstype === undefined || mount.fstype === fstype) && options.every((option) => mount.options.includes(option)),
      expected,
      actual: `${mount.source} is, as ${mount.fstype} with ${mount.options.join(',')}`,
    };
  },
);
