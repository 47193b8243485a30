import { hash } from 'node:crypto';
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { type Builder, connectEngine, type MachineNeeds } from '@phyllome/iso-builder';
import { ensureMachineImage } from '../../src/image/machine-image.ts';
import { rehearsalBuilder } from '@phyllome/rehearsal';
import { puppetBuilder } from '../../../iso-builder/test/puppet/puppet.ts';
import { hostileLeaves, hostState } from '../../../rehearsal/test/hostile/hostile.ts';
import { hostileBuilder } from '../hostile-builder.ts';

const containers = join(import.meta.dirname, '../../../../containers');

/**
 * Calls of the kernel that make or change a file by its name, of a process and all that it starts (strace(1)): opened for
 * writing, made, renamed or linked to there.
 */
function changed(trace: string): string[] {
  return trace.split('\n').flatMap((line) => {
    if (/ = -1 E/u.test(line)) return [];
    const opened = /open(?:at2?)?\((?:[^,"]+, )?"(?<path>[^"]+)", [^)]*O_(?:WRONLY|RDWR|CREAT)/u.exec(line);
    const named = /^\d+ +(?:rename(?:at2?)?|(?:sym)?link(?:at)?|mkdir(?:at)?|creat)\((?<all>.*)\)/u.exec(line);
    const paths = [...(named?.groups?.['all'] ?? '').matchAll(/"(?<path>[^"]+)"/gu)].map(
      ({ groups }) => groups?.['path'] ?? '',
    );
    return [...(opened?.groups?.['path'] === undefined ? [] : [opened.groups['path']]), ...paths.slice(-1)];
  });
}

test('what opens a file to write is seen', () => {
  const trace = [
    '12 openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3',
    '12 openat(AT_FDCWD, "/var/tmp/x/scratch", O_RDWR|O_CLOEXEC) = 4',
    '12 openat(AT_FDCWD, "/etc/shadow", O_WRONLY) = -1 EACCES (Permission denied)',
    '13 rename("/tmp/a", "/tmp/b") = 0',
    '13 readlink("/tmp/c", "d", 1) = 1',
  ].join('\n');
  expect(changed(trace)).toEqual(['/var/tmp/x/scratch', '/tmp/b']);
});

/** Its own directory, the tokens of machines, and what holds no file. */
const allowed = /^\/(?:dev\/(?:null|tty|ptmx|kvm)$|proc\/self\/|(?:run|tmp)(?:\/user\/\d+)?\/phyllome-tokens)/u;

/** Runs a program that builds, under strace(1). Its machine's image is made before, so that the build only reads it. */
async function traced(
  program: string,
  { builder, needs, env = {} }: { builder: Builder; needs: MachineNeeds; env?: Record<string, string> },
): Promise<{ said: string; image: { before: string; after: string }; elsewhere: string[] }> {
  await using directory = await mkdtempDisposable('/var/tmp/break-out-');
  const trace = join(directory.path, 'trace');
  const { root } = await ensureMachineImage(builder, needs, {
    env: process.env,
    signal: AbortSignal.timeout(600_000),
    onEvent: () => undefined,
    engine: () => connectEngine({ env: process.env }),
  });
  const digest = async (): Promise<string> => hash('sha256', await readFile(root));
  const before = await digest();
  const { stdout } = await execa('strace', ['-f', '-qq', '-o', trace, '-e', 'trace=%file', process.execPath, program], {
    env: { ...process.env, ...env },
    reject: false,
  });
  const [folder = '', ...said] = stdout.split('\n');
  onTestFinished(() => execa('rm', ['-rf', folder]).then(() => undefined));
  const elsewhere = changed(await readFile(trace, 'utf8')).filter(
    (path) => !path.startsWith(folder) && !allowed.test(path),
  );
  return { said: said.join('\n'), image: { before, after: await digest() }, elsewhere: [...new Set(elsewhere)] };
}

test('with all powers in its machine, a build changes nothing but its own disks', async () => {
  await using directory = await mkdtempDisposable('/var/tmp/break-out-');
  const { machine } = rehearsalBuilder(containers);
  const { said, image, elsewhere } = await traced(join(import.meta.dirname, '../puppet-build.ts'), {
    builder: await puppetBuilder(directory.path),
    needs: machine,
    env: { PUPPET_ACTION: 'break-out' },
  });
  // All that the kernel of the machine has.
  expect(said).toMatch(/capabilities: 000001ffffffffff/u);
  expect(said).toContain('kept from /dev/vda');
  expect(said).toContain('other file systems: 0');
  expect(said).not.toMatch(/wrote \/dev\/vport/u);
  expect(image.after).toBe(image.before);
  expect(elsewhere).toEqual([]);
});

test('hostile leaves that nothing confines in their machine reach all of it, and nothing of its host', async () => {
  const builder = hostileBuilder();
  const before = await hostState();
  const { said, image, elsewhere } = await traced(join(import.meta.dirname, '../hostile-build.ts'), {
    builder,
    needs: builder.machine,
  });
  const lines = said.split('\n');
  expect(said).toContain('capabilities: 000001ffffffffff');
  for (const { name } of hostileLeaves) expect(said).toMatch(new RegExp(`^ended: ${name} \\d+$`, 'mu'));
  // Of each kind something: powers, the kernel's settings, devices, control groups, processes.
  for (const reached of ['CapEff bit 21', '/proc/sys/kernel/core_pattern', 'a node b 254 0', 'a cgroup2 file system'])
    expect(lines).toContain(`reached: ${reached}`);
  expect(said).toContain('Cannot fork');
  expect(said).toContain('outcome: INSTALL_FAILED out-of-memory');
  expect(await hostState()).toEqual(before);
  expect(image.after).toBe(image.before);
  expect(elsewhere).toEqual([]);
});
