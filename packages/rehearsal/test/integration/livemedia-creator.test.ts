import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test as base } from 'vitest';
import { bundle } from '../../src/client/bundle.ts';

/** The bundled program as the image has it, run by this Node in a directory of its own. */
// oxlint-disable-next-line no-empty-pattern -- vitest reads from the pattern which fixtures are needed
const test = base.extend('machine', async ({}, { onCleanup }) => {
  const directory = await mkdtemp(join(tmpdir(), 'phyllome-rehearsal-'));
  onCleanup(() => rm(directory, { recursive: true, force: true }));
  const program = join(directory, 'livemedia-creator.cjs');
  await writeFile(program, bundle('livemedia-creator'));
  await chmod(program, 0o755);
  await mkdir(join(directory, 'tmp'));
  const kickstart = join(directory, 'flat.cfg');
  await writeFile(kickstart, live());
  const logfile = join(directory, 'logs', 'livemedia.log');
  const usual = [
    '--make-iso',
    '--no-virt',
    '--nomacboot',
    '--iso-only',
    `--ks=${kickstart}`,
    `--tmp=${join(directory, 'tmp')}`,
    `--logfile=${logfile}`,
  ];
  const run = (argv: readonly string[]) =>
    execa(process.execPath, [program, ...argv], { cwd: directory, reject: false, forceKillAfterDelay: 5000 });
  return { directory, kickstart, usual, run };
});

const live = (more = ''): string => `url --url=http://example.invalid/
network --bootproto=dhcp
part / --size=4096
poweroff
${more}
%packages
dracut-live
%end
`;

const asRoot = process.getuid?.() === 0;

describe('the command line', () => {
  test('tells its version', async ({ machine }) => {
    const { exitCode, stdout } = await machine.run(['--version']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'livemedia-creator v43.12-rehearsal' });
  });

  test.for([
    ['nothing to make', []],
    ['--title, which is gone', ['--make-iso', '--title', 'X']],
    ['a number that is none', ['--make-iso', '--timeout=soon']],
  ] as const)('refuses %s with 2', async ([, argv], { machine }) => {
    const { exitCode, stderr, stdout } = await machine.run(argv);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('livemedia-creator: error: ');
  });
});

describe('refusals end with 1', () => {
  test('an existing results directory', async ({ machine }) => {
    const { exitCode, stderr } = await machine.run([...machine.usual, `--resultdir=${machine.directory}`]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      `The results_dir (${machine.directory}) should not exist, please delete or move its contents`,
    );
  });

  test('no kickstart', async ({ machine }) => {
    const { exitCode, stderr } = await machine.run(
      [...machine.usual, '--ks=none'].filter((a) => !a.endsWith('flat.cfg')),
    );
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}: kickstart file \(none\) is missing\.$/mu);
  });

  test.runIf(asRoot)('a temporary directory that is not there (needs root)', async ({ machine }) => {
    const { exitCode, stderr } = await machine.run([...machine.usual, '--tmp=/nowhere']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("[Errno 2] No such file or directory: '/nowhere/");
  });

  test.runIf(asRoot)('a kickstart that lorax refuses (needs root)', async ({ machine }) => {
    await writeFile(machine.kickstart, live('text'));
    const { exitCode, stderr } = await machine.run(machine.usual);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('The kickstart must not set a display mode');
  });

  test.for([
    ['an installer medium without a root', 'zerombr\nreboot\n', /No \/ partition in the kickstart/u],
    [
      'an installer medium whose storage the installer does not carry out',
      'part / --size=4096\nraid /srv --device=srv --useexisting\n',
      /line 2 of the kickstart file: The rehearsal's installer does not carry out/u,
    ],
  ] as const)('%s', async ([, text, message], { machine, skip }) => {
    skip(!asRoot, 'needs root');
    await writeFile(machine.kickstart, text);
    const { exitCode, stderr } = await machine.run(['--make-installer', ...machine.usual.slice(1)]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(message);
  });

  test.runIf(asRoot)('a kickstart that cannot be read (needs root)', async ({ machine }) => {
    await writeFile(machine.kickstart, live('%post\n'));
    const { exitCode, stderr } = await machine.run(machine.usual);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/problem occurred on line \d+ of the kickstart file/u);
  });
});

describe.runIf(asRoot)('an installation (needs root)', () => {
  test('that a %pre script ends has an exception, as anaconda itself runs it', async ({ machine }) => {
    await writeFile(machine.kickstart, live('%pre --erroronfail\necho no such luck\nexit 3\n%end'));
    const { exitCode, stderr } = await machine.run([
      ...machine.usual,
      `--resultdir=${join(machine.directory, 'result')}`,
      // More than a timer can be set to.
      '--timeout=99999',
    ]);
    expect(exitCode).toBe(1);
    const lines = stderr.split('\n').map((line) => line.replace(/^[\d:, -]+: /u, ''));
    const traceback = lines.indexOf('Traceback (most recent call last):');
    expect(lines[traceback + 1]).toBe('pyanaconda.errors.ScriptError');
    expect(await readFile(join(machine.directory, 'logs/anaconda/anaconda.log'), 'utf8')).toContain(
      'Error code 3 running the kickstart script at line 5',
    );
    expect(lines.at(-1)).toBe('Image creation failed: novirt_install failed');
    const log = await readFile(join(machine.directory, 'logs/anaconda/ks-script-5.log'), 'utf8');
    expect(log).toContain('no such luck');
    expect(await readdir(join(machine.directory, 'tmp'))).toEqual([]);
  });

  test('that is interrupted ends with 130 and leaves nothing behind', async ({ machine }) => {
    // The sandbox has process numbers of its own: it is known by how long it sleeps.
    const sleeping = `sleep\0${1000 + Math.random()}\0`;
    await writeFile(machine.kickstart, live(`%pre\n${sleeping.replaceAll('\0', ' ')} &\nwait\n%end`));
    const result = join(machine.directory, 'result');
    const running = machine.run([...machine.usual, `--resultdir=${result}`]);
    await expect.poll(() => isRunning(sleeping), { timeout: 60_000 }).toBe(true);
    running.kill('SIGINT');
    const { exitCode, stderr } = await running;
    expect(exitCode).toBe(130);
    expect(stderr).toMatch(/KeyboardInterrupt$/u);
    await expect.poll(() => isRunning(sleeping), { timeout: 10_000 }).toBe(false);
    expect(await readdir(machine.directory)).not.toContain('result');
    expect(await readdir(join(machine.directory, 'tmp'))).toEqual([]);
  });
});

/** Whether a process has this command line; a zombie has none. */
async function isRunning(commandLine: string): Promise<boolean> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/u.test(name));
  const found = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return found.includes(commandLine);
}
