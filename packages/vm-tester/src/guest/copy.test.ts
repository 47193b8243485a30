import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { shellCommand, temporaryDirectory } from '@phyllome/host';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { receive, send } from './copy.ts';

/** This host in place of a guest. */
const guest = {
  async execute(command: string | string[], { stdin = '' }: { stdin?: string | Buffer } = {}) {
    const words = ['-c', shellCommand(command)];
    const {
      exitCode = 1,
      stdout,
      stderr,
    } = await execa('sh', words, {
      input: stdin,
      encoding: 'buffer',
      reject: false,
    });
    return { exitCode, stdout: Buffer.from(stdout), stderr: Buffer.from(stderr) };
  },
  async succeed(command: string | string[], options: { stdin?: string | Buffer } = {}) {
    return String((await guest.execute(command, options)).stdout);
  },
};

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

describe('what is copied keeps its mode', () => {
  test.each(['600', '666', '755'])('a file of mode %s, over one of another', async (octal) => {
    const mode = Number.parseInt(octal, 8);
    await using directory = await temporaryDirectory('copy-');
    const at = (name: string) => join(directory.path, name);
    await writeFile(at('from'), 'text');
    await chmod(at('from'), mode);
    for (const copy of [send, receive]) {
      await writeFile(at('to'), '');
      await chmod(at('to'), 0o644);
      await copy(guest, at('from'), at('to'));
      expect([String(await readFile(at('to'))), await modeOf(at('to'))]).toEqual(['text', mode]);
    }
  });

  test('a directory, with all that is in it', async () => {
    await using directory = await temporaryDirectory('copy-');
    const at = (name: string) => join(directory.path, name);
    await mkdir(at('from/inner'), { recursive: true });
    await writeFile(at('from/inner/program'), '#!/bin/sh\n', { mode: 0o700 });
    for (const [copy, to] of [[send, 'sent'] as const, [receive, 'received'] as const]) {
      await copy(guest, at('from'), at(to));
      expect(await modeOf(at(`${to}/inner/program`))).toBe(0o700);
    }
  });
});

test('nor is one in a directory, whose permissions are kept', async () => {
  await using directory = await temporaryDirectory('copy-');
  const at = (name: string) => join(directory.path, name);
  await mkdir(at('from'));
  await writeFile(at('from/program'), '');
  await chmod(at('from/program'), 0o6777);
  await receive(guest, at('from'), at('to'));
  expect((await stat(at('to/program'))).mode & 0o7777).toBe(0o777);
});

test('no directory is packed once the signal has fired', async () => {
  await using directory = await temporaryDirectory('copy-');
  const reason = new Error('enough');
  const copied = send(guest, directory.path, join(directory.path, 'to'), { signal: AbortSignal.abort(reason) });
  await expect(copied).rejects.toBe(reason);
});

test('a set-user-ID program of a guest is none on this host', async () => {
  await using directory = await temporaryDirectory('copy-');
  const at = (name: string) => join(directory.path, name);
  await writeFile(at('from'), '');
  await chmod(at('from'), 0o4755);
  await receive(guest, at('from'), at('to'));
  expect((await stat(at('to'))).mode & 0o7777).toBe(0o755);
});

test('what is not there cannot be received', async () => {
  await using directory = await temporaryDirectory('copy-');
  const at = (name: string) => join(directory.path, name);
  await expect(receive(guest, at('none'), at('to'))).rejects.toMatchObject({ code: 'COMMAND_FAILED' });
});
