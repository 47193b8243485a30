import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { checkout } from '../checkout.ts';
import { runPhyllome } from '../workspace.ts';

test('a checkout with hostile leaves: Nx runs none of their names, and both refuse the same includes', async () => {
  await using clone = await checkout();
  const leaf = (name: string): string => join(clone.root, 'leaves', `${name}.cfg`);
  const names = ['l$(id>PWNED)', 'x;touch PWNED;#', '--help', "q'uote", 'new\nline', 'll', 'l--help'];
  for (const name of names) await writeFile(leaf(name), 'lang en_US\n');
  await symlink('/etc/passwd', leaf('blocks/link'));
  await writeFile(leaf('llink'), '%post\n%include blocks/link.cfg\n%end\n');
  await writeFile(leaf('lpasswd'), '%include /etc/passwd\n');

  const shown = await clone.pnpm('nx', 'show', 'projects');
  expect(shown.exitCode).toBe(0);
  const projects = shown.stdout.split('\n').filter((line) => line.startsWith('misnamed-'));
  expect(projects).toHaveLength(names.length);

  const misnamed = await clone.pnpm(
    'nx',
    'run-many',
    '-t',
    'flatten',
    'build',
    '-p',
    projects.join(','),
    '--parallel=1',
  );
  expect(misnamed.exitCode).not.toBe(0);
  expect(misnamed.all.match(/error\[LEAF_NAME_INVALID\]/gu)?.length).toBe(2 * names.length);
  expect(existsSync(join(clone.root, 'PWNED'))).toBe(false);

  for (const edition of ['link', 'passwd']) {
    const flattened = await clone.pnpm('nx', 'flatten', `iso-${edition}`);
    expect(flattened.exitCode).not.toBe(0);
    expect(flattened.all).toContain('error[KS_FILE_UNREADABLE]');
    expect(flattened.all).not.toContain('root:x:0');
    const direct = await runPhyllome(clone.root, ['validate', `l${edition}`]);
    expect(direct.exitCode).toBe(1);
    expect(direct.stderr).toContain('error[KS_FILE_UNREADABLE]');
    expect(direct.all).not.toContain('root:x:0');
  }
});

test('files beside leaves that Nx would take tasks or their environment from keep it from starting', async () => {
  await using clone = await checkout();
  const pwned = join(clone.root, 'PWNED');
  for (const folder of ['evil', 'l']) await mkdir(join(clone.root, 'leaves', folder));
  const targets = { flatten: { command: `touch ${pwned}` } };
  await writeFile(join(clone.root, 'leaves/evil/project.json'), JSON.stringify({ name: 'evil', targets }));
  await writeFile(
    join(clone.root, 'leaves/l/evil.cjs'),
    `require('node:fs').writeFileSync(${JSON.stringify(pwned)}, '')\n`,
  );
  await writeFile(
    join(clone.root, 'leaves/l/.env'),
    `NODE_OPTIONS=--require=${join(clone.root, 'leaves/l/evil.cjs')}\n`,
  );
  for (const argv of [
    ['nx', 'run-many', '-t', 'flatten', '-p', 'evil,iso-l'],
    ['phyllome', 'matrix', '--affected', 'HEAD'],
  ]) {
    const { exitCode, all } = await clone.pnpm(...argv);
    expect(exitCode).not.toBe(0);
    expect(all).toContain('error[FILE_MISPLACED] leaves/evil/project.json may be the configuration of a program');
    expect(all).toContain("leaves/l/.env would set the environment of Nx's tasks");
  }
  expect(existsSync(pwned)).toBe(false);
});

test('a flat kickstart that is a link is not written through', async () => {
  await using clone = await checkout();
  const precious = join(clone.root, 'precious');
  await writeFile(precious, 'precious');
  await rm(join(clone.root, 'flat/flat-l.cfg'));
  await symlink('../precious', join(clone.root, 'flat/flat-l.cfg'));
  const { exitCode, all } = await clone.pnpm('nx', 'flatten', 'iso-l');
  expect(exitCode).not.toBe(0);
  expect(all).toContain('error[OUTPUT_IS_LINK] flat/flat-l.cfg is a symbolic link');
  expect(await readFile(precious, 'utf8')).toBe('precious');
});

test('leaves that include devices and FIFOs are refused, and Nx is not left alone with them', async () => {
  await using clone = await checkout();
  const leaf = (name: string): string => join(clone.root, 'leaves', `${name}.cfg`);
  await symlink('/dev/zero', leaf('blocks/zero'));
  execFileSync('mkfifo', [leaf('blocks/fifo')]);
  await writeFile(leaf('lzero'), '%include blocks/zero.cfg\n');
  await writeFile(leaf('lfifo'), '%post\n%include blocks/fifo.cfg\n%end\n');
  for (const edition of ['zero', 'fifo']) {
    const direct = await runPhyllome(clone.root, ['validate', `l${edition}`]);
    expect(direct.exitCode).toBe(1);
    expect(direct.stderr).toContain('error[KS_FILE_UNREADABLE]');
  }
  for (const argv of [
    ['nx', 'show', 'projects'],
    ['phyllome', 'matrix', '--affected', 'HEAD'],
  ]) {
    const { exitCode, all } = await clone.pnpm(...argv);
    expect(exitCode).not.toBe(0);
    expect(all).toContain('error[FILE_ENDLESS] leaves/blocks/fifo.cfg is not a regular file');
    expect(all).toContain('leaves/blocks/zero.cfg is a link to /dev/zero, which is not a regular file');
  }
});

test('a kickstart of 4 MiB of unknown commands is ended by Ctrl-C', async () => {
  await using clone = await checkout();
  const junk = join(clone.root, 'junk.ks');
  await writeFile(junk, 'frobnicate --with=everything\n'.repeat(140_000));
  const child = execa(process.execPath, [join(clone.root, 'packages/cli/src/main.ts'), 'validate', './junk.ks'], {
    cwd: clone.root,
    reject: false,
    stdin: 'ignore',
  });
  await new Promise((resolve) => setTimeout(resolve, 2000));
  child.kill('SIGINT');
  const started = performance.now();
  const { exitCode, signal } = await child;
  // It is at work or has ended; deaf it is not.
  expect(performance.now() - started).toBeLessThan(10_000);
  expect([exitCode, signal]).not.toEqual([0, undefined]);
  await rm(junk);
});
