import { appendFile, readFile, rm, stat } from 'node:fs/promises';
import { handedOver } from '../anaconda/medium.ts';
import { plainFileOf, type Target } from '../install/target.ts';

/**
 * What an installer's initramfs has beside a live medium's: where its system is, whatever starts the kernel and with
 * whichever arguments, and that kickstarts which were put into it outlive it. Pure: path and text of each file.
 */
export const installerInitramfsFiles = (volid: string): Record<string, string> => ({
  // dracut.cmdline(7): read as if the kernel had been given it.
  'etc/cmdline.d/90-installer.conf': `root=live:CDLABEL=${volid} rd.live.image rd.live.dir=images rd.live.squashimg=install.img\n`,
  // As anaconda's dracut module does: /run is handed on to the system that is switched to.
  'var/lib/dracut/hooks/pre-pivot/90-kickstart.sh': `mkdir -p ${handedOver}
for file in /*.cfg /*.ks; do
  if [ -f "$file" ]; then cp "$file" ${handedOver}/; fi
done
`,
});

/** Where they are put together, in the medium's own system. */
const scratch = 'tmp/initramfs';
const archive = 'tmp/initramfs.cpio';

/** Appends those files to an initramfs: the kernel unpacks one archive after the other. */
export async function extendInitramfs(initramfs: string, volid: string, stage2: Target): Promise<void> {
  for (const [path, text] of Object.entries(installerInitramfsFiles(volid)))
    await stage2.write(`${scratch}/${path}`, text, 0o755);
  const pack = `set -eu
cd /${scratch}
find . -exec touch --date=@0 {} +
find . | LC_ALL=C sort | cpio --quiet --create --format=newc --owner=0:0 --reproducible >/${archive}`;
  await stage2.run(['sh', '-c', pack]);
  const more = await readFile(await plainFileOf(stage2, archive));
  // Archives begin at multiples of four bytes.
  const { size } = await stat(initramfs);
  await appendFile(initramfs, Buffer.concat([Buffer.alloc((4 - (size % 4)) % 4), more]));
  for (const path of [scratch, archive]) await rm(await stage2.path(path), { recursive: true, force: true });
}
