import { once } from 'node:events';
import { chmod, mkdir, mkdtempDisposable, readdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createDirectory, listMachines, SOCKETS } from './directory.ts';

const root = (temporary: string) => join(temporary, `phyllome-${userInfo().uid}`);

test('a machine is found while its process runs, under a name that no other has', async () => {
  await using temporary = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  const env = { TMPDIR: temporary.path };
  {
    using one = createDirectory('l', '/l.iso', env);
    using other = createDirectory('l', '/l.iso', env);
    expect(listMachines(env).map(({ name }) => name)).toEqual(['l', 'l-2']);
    expect([one.name, other.name]).toEqual(['l', 'l-2']);
  }
  expect(listMachines(env)).toEqual([]);
});

test('a machine of a file that is hidden is found, too', async () => {
  await using temporary = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  const env = { TMPDIR: temporary.path };
  using one = createDirectory('.l', '/.l.iso', env);
  using other = createDirectory('.l', '/.l.iso', env);
  expect(listMachines(env).map(({ name }) => name)).toEqual([one.name, other.name]);
});

test('however long its name, its sockets can be listened on, and it is found by that name', async () => {
  await using temporary = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  const env = { TMPDIR: temporary.path };
  const name = 'ü'.repeat(100);
  using one = createDirectory(name, '/l.iso', env);
  using other = createDirectory(name, '/l.iso', env);
  for (const { directory } of [one, other]) {
    const server = createServer().listen(join(directory, SOCKETS.terminal));
    await once(server, 'listening');
    await once(server.close(), 'close');
  }
  expect(listMachines(env).map((machine) => machine.name)).toEqual([name, `${name}-2`]);
});

test('where no name is short enough, the error says so and nothing is left', async () => {
  await using temporary = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  const env = { TMPDIR: join(temporary.path, 'x'.repeat(100)) };
  expect(() => createDirectory('l', '/l.iso', env)).toThrow(
    expect.objectContaining({ code: 'DISK_FAILED', hint: expect.stringContaining('XDG_RUNTIME_DIR') }),
  );
  expect(await readdir(root(env.TMPDIR))).toEqual([]);
});

test.each(['l', '.new-xyz'])('what a killed process left is removed: %s', async (name) => {
  await using temporary = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  await mkdir(join(root(temporary.path), name), { recursive: true });
  await chmod(root(temporary.path), 0o700);
  const machine = { name: 'l', pid: process.pid, startTime: '0', image: '/l.iso' };
  await writeFile(join(root(temporary.path), name, 'machine.json'), JSON.stringify(machine));
  expect(listMachines({ TMPDIR: temporary.path })).toEqual([]);
  expect(await readdir(root(temporary.path))).toEqual([]);
});

test.each([
  ['a link to elsewhere', (path: string, elsewhere: string) => symlink(elsewhere, path)],
  ['open to others', (path: string) => mkdir(join(path, 'kept'), { recursive: true, mode: 0o777 })],
])('where the directory of all machines is %s, nothing is removed and none is made', async (_, make) => {
  await using temporary = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  const elsewhere = join(temporary.path, 'elsewhere');
  await mkdir(join(elsewhere, 'kept'), { recursive: true, mode: 0o700 });
  const env = { TMPDIR: temporary.path };
  await make(root(temporary.path), elsewhere);
  expect(listMachines(env)).toEqual([]);
  expect(() => createDirectory('l', '/l.iso', env)).toThrow(expect.objectContaining({ code: 'DISK_FAILED' }));
  expect(await readdir(root(temporary.path))).toEqual(['kept']);
});
