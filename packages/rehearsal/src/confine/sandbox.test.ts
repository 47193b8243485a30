import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { masksIn, sandboxArgv, sandboxFailure } from './sandbox.ts';

type Options = Parameters<typeof sandboxArgv>[1];
const options: Options = {
  view: { root: '/root of it' },
  proc: { fresh: true, masks: ['kcore'] },
  limits: { fileBytes: 4096, network: false },
  filter: '/tmp/filter.bpf',
  hidden: ['/var/cache/phyllome'],
};
/** What comes after the program of the sandbox: its root, its filter, its limit, the steps, the command. */
function steps(changed: Partial<Options> = {}, argv = ['sh', '-c', 'true']): string[] {
  const all = sandboxArgv(argv, { ...options, ...changed });
  return all.slice(all.indexOf('-e') + 2);
}
function flags(changed: Partial<Options> = {}): string[] {
  const all = sandboxArgv(['true'], { ...options, ...changed });
  return all.slice(0, all.indexOf('--'));
}

describe('sandboxArgv', () => {
  test('has name spaces of its own, and all of it ends with it', () => {
    expect(flags()).toEqual(
      expect.arrayContaining(['--mount', '--pid', '--ipc', '--uts', '--cgroup', '--fork', '--kill-child=KILL']),
    );
    expect(flags()).toContain('--propagation=private');
  });

  test('has no network where none is wanted, and the builder’s otherwise', () => {
    expect(flags()).toContain('--net');
    expect(flags({ limits: { fileBytes: 0, network: true } })).not.toContain('--net');
  });

  test('hides caches before anything else, and hands the command on as words', () => {
    const [root, filter, bytes, ...rest] = steps({}, ['sh', '-c', 'echo "$1"; a;b', 'run', '--', 'x y']);
    expect([root, filter, bytes]).toEqual(['/root of it', '/tmp/filter.bpf', '4096']);
    expect(rest.slice(0, 2)).toEqual(['detach', '/var/cache/phyllome']);
    expect(rest.slice(rest.indexOf('run'))).toEqual(['run', 'sh', '-c', 'echo "$1"; a;b', 'run', '--', 'x y']);
  });

  test('masks what the kernel obeys, and what the engine masks, in every /proc that it brings', () => {
    const all = steps({ view: { root: '/r', installed: { from: '/new', at: '/mnt/sysimage' } } }).join(' ');
    for (const at of ['/r/proc', '/r/mnt/sysimage/proc'])
      for (const mask of ['sys', 'sysrq-trigger', 'irq', 'bus', 'fs', 'kcore'])
        expect(all).toContain(`mask /proc/${mask} ${at}/${mask}`);
    expect(all).toContain('bind /new /r/mnt/sysimage proc /r/mnt/sysimage/proc');
    expect(all.match(/empty \/r\S*\/sys/gu)).toEqual(['empty /r/sys', 'empty /r/mnt/sysimage/sys']);
  });

  test('binds the builder’s /proc, masks and all, where a new one is refused', () => {
    const bound = steps({ proc: { fresh: false, masks: ['kcore'] } }).join(' ');
    expect(bound).toContain('bind-all /proc /root of it/proc mask /proc/bus');
    expect(bound).not.toContain(' proc /root of it/proc ');
  });

  test('makes what is read-only read-only', () => {
    expect(steps({ view: { root: '/r', readOnly: ['/usr'] } }).join(' ')).toContain('bind-ro /usr /r/usr');
  });

  test('is a program that Perl takes', () => {
    const all = sandboxArgv(['true'], options);
    const program = all[all.indexOf('-e') + 1] ?? '';
    expect(execFileSync('perl', ['-c', '-e', program], { stdio: ['ignore', 'pipe', 'pipe'] }).toString()).toBe('');
    expect(program).toContain(`exit ${sandboxFailure.exitCode}`);
  });
});

/** A mount, as mountinfo has it. */
const line = (point: string): string => `36 35 0:5 / ${point} rw,nosuid - tmpfs tmpfs rw`;

describe('masksIn', () => {
  test('lists what is mounted below /proc, each once, outer before inner', () => {
    const mountinfo = ['/', '/proc', '/proc/kcore', '/proc/acpi', '/proc/sys/fs', '/proc/sys', '/proc/kcore', '/sys'];
    expect(masksIn(mountinfo.map(line).join('\n'))).toEqual(['acpi', 'kcore', 'sys', 'sys/fs']);
  });

  test('takes nothing that only begins like it, and no name with blanks', () => {
    expect(masksIn(['/process', String.raw`/proc/a\040b`, '/procs/kcore'].map(line).join('\n'))).toEqual([]);
    expect(masksIn('')).toEqual([]);
  });
});
