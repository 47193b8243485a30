import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test, vi } from 'vitest';
import { temporaryDirectory } from '../../src/temporary-directory.ts';

const PATIENT = { timeout: 30_000, interval: 20 };
const module = join(import.meta.dirname, '../../src/temporary-directory.ts');

test('a temporary directory is ours alone, and gone after its disposal', async () => {
  let path = '';
  {
    await using directory = await temporaryDirectory('vm-test-');
    path = directory.path;
    expect((await stat(path)).mode & 0o777).toBe(0o700);
  }
  expect(existsSync(path)).toBe(false);
});

test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('it is gone when its process ends by %s', async (signal) => {
  const program = `
    import { writeFileSync } from 'node:fs';
    const { temporaryDirectory } = await import(${JSON.stringify(module)});
    const { path } = await temporaryDirectory('vm-test-');
    writeFileSync(path + '/file', '');
    console.log(path);`;
  const child = execa(process.execPath, ['--input-type=module', '--eval', program], { reject: false });
  const path = await new Promise<string>((resolve) =>
    child.stdout.once('data', (chunk: Buffer) => resolve(String(chunk).trim())),
  );
  expect(existsSync(join(path, 'file'))).toBe(true);
  child.kill(signal);
  await child;
  await vi.waitFor(() => expect(existsSync(path)).toBe(false), PATIENT);
});

test('where none can be made, it says why', async () => {
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = '/proc/none';
  try {
    await expect(temporaryDirectory('vm-test-')).rejects.toMatchObject({
      code: 'DISK_FAILED',
      message: expect.stringContaining('No such file or directory'),
    });
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
});
