import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ksflatten-'));
  await writeFile(join(directory, 'main.ks'), '%include inc.ks\n');
  await writeFile(join(directory, 'inc.ks'), 'lang en_US.UTF-8\n');
  await writeFile(join(directory, 'latin1.ks'), Buffer.from([0x6c, 0x61, 0x6e, 0x67, 0x20, 0xe9, 0x0a]));
  await writeFile(join(directory, 'wrong.ks'), 'lang\n'.repeat(256));
});
afterAll(() => rm(directory, { recursive: true }));

function run(bin: string, ...args: string[]): Promise<Ran> {
  const script = fileURLToPath(new URL(`../../bin/${bin}.js`, import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { cwd: directory }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

describe('the bins', () => {
  test('ksflatten writes a flat kickstart to stdout or to a file', async () => {
    const { code, stdout } = await run('ksflatten', '-c', 'main.ks', '-v', 'RHEL10');
    expect(code).toBe(0);
    expect(stdout).toContain('#version=RHEL10\n# System language\nlang en_US.UTF-8\n');
    expect(await run('ksflatten', '-c', 'main.ks', '-v', 'RHEL10', '-o', 'flat.ks')).toMatchObject({ code: 0 });
    expect(await readFile(join(directory, 'flat.ks'), 'utf8')).toBe(stdout);
  });

  test('ksflatten refuses what is not UTF-8, not there, a directory, or asked for wrongly', async () => {
    const latin1 = await run('ksflatten', '-c', 'latin1.ks');
    expect(latin1).toMatchObject({ code: 1, stdout: '' });
    expect(latin1.stderr).toContain('latin1.ks: invalid UTF-8 in line 1');
    expect(await run('ksflatten', '-c', 'none.ks')).toMatchObject({ code: 1 });
    expect(await run('ksflatten', '-c', '.')).toMatchObject({ code: 1 });
    expect(await run('ksflatten', '-x')).toMatchObject({ code: 2 });
  });

  test('ksvalidator takes patterns, and 256 problems for problems', async () => {
    expect(await run('ksvalidator', '-i', 'm*.ks')).toMatchObject({ code: 0, stderr: '' });
    expect(await run('ksvalidator', 'wrong.ks')).toMatchObject({ code: 255 });
  });

  test('ksverdiff compares releases', async () => {
    const { code, stdout } = await run('ksverdiff', '-f', 'F44', '-t', 'F45');
    expect(code).toBe(0);
    expect(stdout).toContain('The following commands were removed in F45:\nmodule nvdimm vnc\n');
  });
});
