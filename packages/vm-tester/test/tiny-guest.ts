import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { cpio } from '../src/guest/cpio.ts';
import type { KernelImage } from '../src/index.ts';

/** In the order in which they need each other; everything else that the guest needs is in the kernel itself. */
const MODULES = ['failover', 'net_failover', 'virtio_net', 'virtio_blk'];

const INIT = `#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /run /tmp /etc /root /mnt
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/shm
exec </dev/ttyS0 >/dev/ttyS0 2>&1
for module in ${MODULES.join(' ')}; do insmod /modules/$module.ko; done
ip link set lo up
while :; do
  printf 'tiny login: '
  read -r user
  setsid cttyhack sh
done
`;

/** Process 1 is a script: nobody takes a request to end the machine. */
const atOnce = (what: string) => `#!/bin/busybox sh\nexec /bin/busybox ${what} -f\n`;

const LEASED = `#!/bin/sh
[ "$1" = bound ] || exit 0
ip address add "$ip/$mask" dev "$interface"
hostname "$hostname"
echo "search $domain" >/etc/resolv.conf
for server in $dns; do echo "nameserver $server" >>/etc/resolv.conf; done
`;

/**
 * A Linux that boots in seconds: the kernel of a good live ISO, and an initramfs of a busybox and the drivers of a
 * network card and of disks, whose serial console lets root in. A machine of it takes {@link TINY} as options.
 */
export async function tinyGuest(iso: string, directory: string): Promise<KernelImage> {
  const at = (name: string) => join(directory, name);
  for (const [from, to] of [
    ['/images/pxeboot/vmlinuz', 'vmlinuz'],
    ['/LiveOS/squashfs.img', 'root.img'],
  ] as const) {
    await execa('xorriso', ['-osirrox', 'on', '-indev', iso, '-extract', from, at(to)]);
  }
  const { stdout: listed } = await execa('unsquashfs', ['-ls', '-d', '', at('root.img')]);
  const paths = MODULES.map((module) => {
    const path = listed.split('\n').find((line) => basename(line).startsWith(`${module}.ko`));
    if (path === undefined) throw new Error(`the root of ${iso} has no module ${module}`);
    return path.slice(1);
  });
  await execa('unsquashfs', ['-no-progress', '-dest', at('root'), at('root.img'), ...paths]);
  const { stdout: busybox } = await execa('sh', ['-c', 'command -v busybox']);
  const modules = await Promise.all(
    paths.map(async (path, index) => {
      const packed = at(join('root', path));
      const content = path.endsWith('.xz')
        ? (await execa('xz', ['--decompress', '--stdout', packed], { encoding: 'buffer' })).stdout
        : await readFile(packed);
      return { path: `modules/${MODULES[index]}.ko`, content: Buffer.from(content) };
    }),
  );
  const archive = cpio([
    { path: 'bin' },
    { path: 'sbin' },
    { path: 'usr' },
    { path: 'usr/bin' },
    { path: 'modules' },
    { path: 'bin/busybox', content: await readFile(busybox), mode: 0o755 },
    { path: 'init', content: INIT, mode: 0o755 },
    { path: 'sbin/poweroff', content: atOnce('poweroff'), mode: 0o755 },
    { path: 'sbin/reboot', content: atOnce('reboot'), mode: 0o755 },
    { path: 'leased', content: LEASED, mode: 0o755 },
    ...modules,
  ]);
  await writeFile(at('initrd'), archive);
  return { kernel: at('vmlinuz'), initrd: at('initrd'), cmdline: 'console=ttyS0' };
}

export const TINY = { cpus: 1, memoryMiB: 256, instrument: 'serial-login', login: { user: 'root' } } as const;

/** Gets an address by DHCP, and the names that come with it. */
export const LEASE = 'ip link set eth0 up && udhcpc -i eth0 -n -q -s /leased';
