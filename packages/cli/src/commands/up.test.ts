import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { openStore } from '@phyllome/pipeline/store';
import { openMedium } from '@phyllome/vm-tester';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { toWorkWith, upCommand } from './up.ts';

const qcow2 = Buffer.concat([Buffer.from('QFI\u00fb', 'latin1'), Buffer.alloc(600)]);

test('a disk keeps what is written to it, by its bytes and not its name; one that is unpacked cannot', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'up-'));
  const path = join(directory.path, 'disk.img');
  await writeFile(path, qcow2);
  await using medium = await openMedium(path);
  expect(toWorkWith(medium, path)).toEqual({ disk: path, format: 'qcow2', keep: true });

  await writeFile(path, gzipSync(qcow2));
  await using unpacked = await openMedium(path);
  expect(toWorkWith(unpacked, path)).not.toHaveProperty('keep');
});

test('a disk that names another file of this host is refused', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'up-'));
  const path = join(directory.path, 'disk.qcow2');
  await execa('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', '/etc/passwd', '-F', 'raw', path]);
  const env = { PATH: '' };
  const up = upCommand(() => expect.unreachable(), path, {
    firmware: 'bios',
    cpus: 1,
    memory: 512,
    serial: false,
    diskSize: 1,
    env,
    signal: new AbortController().signal,
    store: openStore(env),
  });
  await expect(up).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' });
});
