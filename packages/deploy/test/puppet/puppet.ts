import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { injectFiles } from '../../src/initrd/inject.ts';

/** An install tree whose installer is played: any dracut initramfs with a script of ours in it. */
export interface PuppetTree extends AsyncDisposable {
  path: string;
}

/** What an installer that succeeds does: all that the kickstart's last script says, and it powers off. */
export const SUCCEEDS = `
  say 'Configuring storage'
  say 'Installing the software'
  for package in 1 2 3; do say "Installing example-$package.noarch ($package/3)"; done
  { printf '%s\\n' "$arguments"; cat "$kickstart"; } | log
  mkdir /tmp/cdrom && mount -t iso9660 -o ro /dev/sr0 /tmp/cdrom && say "the CD-ROM holds $(cat /tmp/cdrom/images/install.img)"
  say 'Installing boot loader'
  printf installed >/dev/vda
  say 'Running post-installation scripts'
  sed -n '/^%post --nochroot/,/^%end/{/^%/!p}' "$kickstart" >/tmp/post.sh
  sh -e /tmp/post.sh
  echo o >/proc/sysrq-trigger`;

/** What an installer does whose script fails: says so as anaconda does, and waits for somebody to press a key. */
export const FAILS = `
  say 'Running post-installation scripts'
  say 'There was an error running the kickstart script at line 6.  This is a fatal error and installation will be aborted.'
  say 'The details of this error are:'
  say 'example: command not found'`;

/**
 * Makes such a tree of the kernel and the initramfs of an ISO of ours, which has the layout of lorax.
 *
 * @param act the body of a shell function, run when the kickstart was found
 */
export async function puppetTree(iso: string, act: string): Promise<PuppetTree> {
  const path = await mkdtemp(join(tmpdir(), 'phyllome-puppet-'));
  const file = (name: string): string => join(path, name);
  await mkdir(dirname(file('images/pxeboot/initrd.img')), { recursive: true });
  const extract = ['vmlinuz', 'initrd.img'].flatMap((name) => [
    '-extract',
    `/images/pxeboot/${name}`,
    file(`images/pxeboot/${name}`),
  ]);
  await execa('xorriso', ['-osirrox', 'on', '-indev', `stdio:${iso}`, ...extract, '-chmod', 'u+rw', '--'], {
    stdin: 'ignore',
    reject: false,
  });
  await writeFile(file('images/install.img'), "the installer's system");
  const script = await readFile(join(import.meta.dirname, 'installer.sh'), 'utf8');
  await injectFiles(file('images/pxeboot/initrd.img'), file('images/pxeboot/initrd.img'), [
    { path: 'var/lib/dracut/hooks/cmdline/00-puppet.sh', content: `act() {${act}\n}\n${script}`, mode: 0o755 },
  ]);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
