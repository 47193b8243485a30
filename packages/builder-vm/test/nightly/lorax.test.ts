/**
 * lorax's builder in a virtual machine: the real Containerfiles of both images, and all that boots them. Its registry cannot be
 * asked everywhere, so the base is a stand-in: Debian's programs under the name of Fedora, whose DNF has one kernel
 * to install, Debian's, to the places where Fedora's is. livemedia-creator is a script that does as root what lorax and anaconda do, and
 * prints what was recorded of them.
 */
import { hash } from 'node:crypto';
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rehearsalBuilder } from '@phyllome/rehearsal';
import {
  type Builder,
  buildIso,
  connectEngine,
  type ContextFile,
  ensureImage,
  loraxBuilder,
} from '@phyllome/iso-builder';
import { expect, test } from 'vitest';
import { openMachineEngine } from '../../src/index.ts';
import { makeIso, puppetBuild } from '../../../iso-builder/test/puppet/puppet.ts';

const containers = join(import.meta.dirname, '../../../../containers');
const recorded = join(import.meta.dirname, '../../../iso-builder/test/recorded/success.txt');

const dnf = `#!/bin/sh
case $* in
  *kernel-core*)
    [ -n "$KERNEL_INSTALL_BYPASS" ] || exit 1
    for modules in /repository/usr/lib/modules/*; do
      mkdir -p /usr/lib/modules
      cp -a "$modules" /usr/lib/modules/
      cp "/repository/boot/vmlinuz-\${modules##*/}" "/usr/lib/modules/\${modules##*/}/vmlinuz"
    done
    cp /repository/usr/bin/busybox /usr/sbin/busybox
    ;;
  *lorax-lmc-novirt*) cp /repository/livemedia-creator /usr/bin/livemedia-creator ;;
esac
`;

/** What root of a builder has to be able to do: loop devices, mounts, device nodes, labels that no policy knows. */
const livemediaCreator = `#!/bin/bash
for option; do
  case $option in
    --resultdir=*) resultdir=\${option#*=} ;;
    --iso-name=*) name=\${option#*=} ;;
    --tmp=*) tmp=\${option#*=} ;;
    --logfile=*) logfile=\${option#*=} ;;
  esac
done
say() { echo "$*" | tee -a "$logfile" >&2; }
set -eu
trap 'say "line $LINENO failed"' ERR
say "kernel: $(uname -r) of $(ls /usr/lib/modules | tr '\\n' ' ')"
say "capabilities: $(sed -n 's/^CapEff:\\s*//p' /proc/self/status)"
grep -q selinuxfs /proc/filesystems && say 'the kernel has SELinux'
[ ! -e /sys/fs/selinux/policy ] && say 'and no policy'
mkdir -p "$resultdir" "$tmp/root" "$tmp/efi"
truncate -s 64M "$tmp/disk.img"
loop=$(losetup --find --show "$tmp/disk.img")
busybox mke2fs "$loop" >/dev/null
mount -t ext4 "$loop" "$tmp/root"
mknod "$tmp/root/null" c 1 3
echo label >"$tmp/root/file"
# lsetxattr(2), getxattr(2): a type that no kernel can know.
perl -e 'my ($file, $name, $label) = ("$ARGV[0]", "security.selinux", "system_u:object_r:of_the_target_t:s0\\0");
  syscall(189, $file, $name, $label, length $label, 0) == 0 or die "no label: $!";
  my $read = "\\0" x 64; my $size = syscall(191, $file, $name, $read, 64);
  print STDERR "label: ", substr($read, 0, $size - 1), "\\n"' "$tmp/root/file"
mksquashfs "$tmp/root" "$tmp/runtime.img" -quiet -no-progress
umount "$tmp/root"
losetup --detach "$loop"
mount -t squashfs -o ro,loop "$tmp/runtime.img" "$tmp/root"
say "squashfs: $(cat "$tmp/root/file")"
umount "$tmp/root"
mformat -C -f 1440 -i "$tmp/efi.img" ::
mount -o loop,shortname=winnt -t vfat "$tmp/efi.img" "$tmp/efi"
cp /etc/os-release "$tmp/efi/"
say "vfat: $(ls "$tmp/efi")"
umount "$tmp/efi"
while IFS= read -r line; do say "$line"; done </repository/success.txt
mkdir -p "\${logfile%/*}/anaconda"
echo 'anaconda was here' >"\${logfile%/*}/anaconda/anaconda.log"
cp /repository/puppet.iso "$resultdir/$name"
`;

/** A base that is Fedora 44 by its os-release(5), of the rehearsal's image. */
async function standIn(folder: string, imageId: string): Promise<Builder> {
  const { machine } = rehearsalBuilder(containers);
  const files: ContextFile[] = [
    {
      path: 'Containerfile',
      content: `FROM ${imageId}\nADD system.tar /repository/\nCOPY repository/ /repository/\nCOPY dnf /usr/bin/dnf\nCOPY os-release /etc/os-release\nRUN mkdir -p /etc/rpm /etc/dnf && touch /etc/dnf/dnf.conf\n`,
    },
    { path: 'system.tar', file: await machine.system.tar({}) },
    { path: 'dnf', content: dnf, mode: 0o755 },
    { path: 'os-release', content: 'NAME=Stand-in\nID=fedora\nVERSION_ID=44\n' },
    { path: 'repository/livemedia-creator', content: livemediaCreator, mode: 0o755 },
    { path: 'repository/success.txt', file: recorded },
    { path: 'repository/puppet.iso', file: await makeIso(folder) },
  ];
  const digest = hash('sha256', JSON.stringify([imageId, machine.system.key, dnf, livemediaCreator]));
  return {
    name: 'stand-in',
    contextDigest: `sha256:${digest}`,
    privileges: { capDrop: [], capAdd: [], loopDevices: false, hostDev: false, unconfined: false },
    context: () => Promise.resolve(files),
  };
}

test('its image with a kernel boots, and root in it does what lorax and anaconda do', async () => {
  await using folder = await mkdtempDisposable('/var/tmp/lorax-machine-');
  await using engine = await connectEngine({ env: process.env });
  const debian = await ensureImage(engine, rehearsalBuilder(containers));
  const { id } = await ensureImage(engine, await standIn(folder.path, debian.id));
  const builder = loraxBuilder(containers, { release: '44', base: id });
  await using machine = await openMachineEngine({ env: process.env });
  const checks = await machine.preflight({ builder, neededBytes: undefined });
  expect(checks.find((check) => check.id === 'machine')?.status).toBe('ok');

  await using build = buildIso({ ...puppetBuild(folder.path, 'lorax'), engine: machine, builder });
  const { sha256, manifest, directory } = await build.result;
  expect(sha256).toBe(hash('sha256', await readFile(join(folder.path, 'puppet.iso'))));
  // An ISO is of the builder that containers run, too.
  expect(manifest.builder).toMatchObject({ name: 'fedora', contextDigest: builder.contextDigest });
  expect(Object.keys(manifest.files)).toContain('logs/anaconda/anaconda.log');
  const said = (await readFile(join(directory, 'logs/console.log'), 'utf8')).split('\n');
  const [, running, installed] = /^kernel: (\S+) of (\S+) $/u.exec(said[0] ?? '') ?? [];
  expect(running).toBe(installed);
  expect(said).toEqual(
    expect.arrayContaining([
      'capabilities: 000001ffffffffff',
      'the kernel has SELinux',
      'and no policy',
      'label: system_u:object_r:of_the_target_t:s0',
      'squashfs: label',
      'vfat: os-release',
    ]),
  );
});
