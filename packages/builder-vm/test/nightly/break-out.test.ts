import { hash } from 'node:crypto';
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { rehearsalBuilder } from '@phyllome/rehearsal';
import { connectEngine } from '@phyllome/iso-builder';
import { ensureMachineImage } from '../../src/image/machine-image.ts';
import { puppetBuilder } from '../../../iso-builder/test/puppet/puppet.ts';

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

test('with all powers in its machine, a build changes nothing but its own disks', async () => {
  await using directory = await mkdtempDisposable('/var/tmp/break-out-');
  const trace = join(directory.path, 'trace');
  const { machine } = rehearsalBuilder(join(import.meta.dirname, '../../../../containers'));
  // Made before, so that the build itself only reads it.
  const { root } = await ensureMachineImage(await puppetBuilder(directory.path), machine, {
    env: process.env,
    signal: AbortSignal.timeout(600_000),
    onEvent: () => undefined,
    engine: () => connectEngine({ env: process.env }),
  });
  const digest = hash('sha256', await readFile(root));
  const program = join(import.meta.dirname, '../puppet-build.ts');
  const { stdout } = await execa('strace', ['-f', '-qq', '-o', trace, '-e', 'trace=%file', process.execPath, program], {
    env: { ...process.env, PUPPET_ACTION: 'break-out' },
    reject: false,
  });
  const [folder = ''] = stdout.split('\n');
  onTestFinished(() => execa('rm', ['-rf', folder]).then(() => undefined));
  // All that the kernel of the machine has.
  expect(stdout).toMatch(/capabilities: 000001ffffffffff/u);
  expect(stdout).toContain('kept from /dev/vda');
  expect(stdout).toContain('other file systems: 0');
  expect(stdout).not.toMatch(/wrote \/dev\/vport/u);
  expect(hash('sha256', await readFile(root))).toBe(digest);
  // Its own directory, the tokens of machines, and what holds no file.
  const allowed = /^\/(?:dev\/(?:null|tty|ptmx|kvm)$|proc\/self\/|(?:run|tmp)(?:\/user\/\d+)?\/phyllome-tokens)/u;
  const elsewhere = changed(await readFile(trace, 'utf8')).filter(
    (path) => !path.startsWith(folder) && !allowed.test(path),
  );
  expect([...new Set(elsewhere)]).toEqual([]);
});
