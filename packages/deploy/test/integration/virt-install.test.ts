import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '@phyllome/host';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { virtInstallArgv } from '../../src/virt-install.ts';

const installed = process.env['CI'] === 'true' || findProgram('virt-install', process.env) !== undefined;
if (!installed) console.warn('left out: virt-install is not installed; CI=true ./setup brings it');

/** What libvirt's own test driver, a machine in memory, cannot have: another architecture, firmware, devices. */
const REAL_ONLY = new Set(['--connect', '--virt-type', '--arch', '--machine', '--boot', '--cpu', '--extra-args']);

/** Our arguments as a dry run against the test driver takes them. */
function dryRun(argv: readonly string[], left: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let at = 0; at < argv.length; at += 2) {
    const [option = '', value = ''] = argv.slice(at, at + 2);
    if (!REAL_ONLY.has(option) && !left.has(option)) kept.push(option, value);
  }
  return [...kept, '--connect', 'test:///default', '--print-xml', '--dry-run'];
}

describe.runIf(installed)('the real virt-install', () => {
  test.each(['plain', 'a,b', "it's", 'a"b', String.raw`back\slash`, `all,'"\\of`])(
    'takes %s in names',
    async (name) => {
      await using directory = await mkdtempDisposable(join(tmpdir(), 'virt-install-'));
      const disk = join(directory.path, `${name}.img`);
      const location = join(directory.path, `${name}.iso`);
      const argv = virtInstallArgv({
        name,
        connect: 'qemu:///session',
        virtType: 'qemu',
        firmware: 'uefi',
        vcpus: 2,
        memoryMiB: 512,
        disk: { path: disk, sizeGiB: 1 },
        location,
        kickstart: 'flat.cfg',
      });
      const env = { XDG_CACHE_HOME: directory.path, LC_ALL: 'C.UTF-8' };
      const devices = ['--video', '--channel', '--controller', '--network', '--input', '--rng', '--sound'];
      const without = new Set([...devices, '--location', '--initrd-inject']);
      const { stdout } = await execa('virt-install', [...dryRun(argv, without), '--import'], { env });
      const entities: Record<string, string> = { '&quot;': '"', '&apos;': "'", '&amp;': '&' };
      const once = (xml: string) => xml.replaceAll(/&(?:quot|apos|amp);/gu, (entity) => entities[entity] ?? entity);
      // Up to version 4.1 virt-install escapes attributes twice.
      const text = (pattern: RegExp): string => once(once(pattern.exec(stdout)?.[1] ?? ''));
      expect(text(/<name>(.*)<\/name>/u)).toBe(name);
      expect(text(/<source file="(.*)"\/>/u)).toBe(disk);
      // There is no such file: it is named whole in what virt-install says of it.
      const refused = await execa('virt-install', dryRun(argv, new Set(devices)), { env, reject: false });
      expect(refused.exitCode).toBe(1);
      expect(refused.stderr).toContain(location);
    },
  );
});
