import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/**
 * A machine that builds at once: `PHYLLOME_ENGINE=host`, with a livemedia-creator that installs nothing and makes a small
 * ISO with all that ISOs have, which boots nothing. Nx, the pipeline and the image store around it are the real ones. Each
 * build has other bytes, as Fedora's have.
 */
export interface PuppetHost extends AsyncDisposable {
  readonly env: Record<string, string>;
  /** How many ISOs it has built. */
  builds(): Promise<number>;
  /** Makes the file `$0.go`, for which what the installer says may wait. */
  letGo(): Promise<void>;
}

/** What it needs beside root; `./setup` brings it. */
export const puppetNeeds = ['xorriso', 'implantisomd5', 'setpriv', 'unshare'];

/** @param says lines of shell that it runs as its installer: what they print is its console */
export async function puppetHost(says = ''): Promise<PuppetHost> {
  // Not in /tmp, of which livemedia-creator sees its own.
  const folder = await mkdtemp('/var/tmp/phyllome-puppet-');
  const bin = join(folder, 'bin');
  const count = join(folder, 'count');
  await mkdir(bin);
  await writeFile(count, '');
  await writeFile(join(bin, 'livemedia-creator'), script(count, says));
  await chmod(join(bin, 'livemedia-creator'), 0o755);
  return {
    env: {
      PATH: `${bin}${delimiter}${process.env['PATH']}`,
      PHYLLOME_ENGINE: 'host',
      PHYLLOME_BUILDER: 'rehearsal',
    },
    letGo: () => writeFile(join(bin, 'livemedia-creator.go'), ''),
    builds: async () => (await readFile(count, 'utf8')).length,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

const script = (count: string, says: string): string => `#!/bin/sh
set -e
for option; do
  case $option in
    -V) echo 'livemedia-creator 43.12-rehearsal-puppet'; exit ;;
    --resultdir=*) resultdir=\${option#*=} ;;
    --iso-name=*) name=\${option#*=} ;;
    --volid=*) volid=\${option#*=} ;;
    --logfile=*) logfile=\${option#*=} ;;
  esac
done
logs=\${logfile%/*}
mkdir -p "$resultdir" "$logs/anaconda"
printf '.' >>'${count}'
echo "$(date '+%Y-%m-%d %H:%M:%S'),000: Running anaconda." | tee -a "$logfile" >&2
{ ${says || ':'}
} >&2
echo 'anaconda was here' >"$logs/anaconda/anaconda.log"
echo '2026-11-23T15:50:09+0000 SUBDEBUG Installed: bash-5.2.37-3.fc44.x86_64' >"$logs/anaconda/dnf.rpm.log"
content=$resultdir/content
mkdir -p "$content/boot"
head -c 2048 /dev/zero >"$content/boot/bios.img"
head -c 3000000 /dev/urandom >"$content/filler"
truncate -s 65536 "$resultdir/efi.img"
xorriso -as mkisofs -quiet -V "$volid" -o "$resultdir/$name" -b boot/bios.img -no-emul-boot -boot-load-size 4 \\
  -eltorito-alt-boot -append_partition 2 0xef "$resultdir/efi.img" -appended_part_as_gpt \\
  -e --interval:appended_partition_2:all:: -no-emul-boot "$content" >&2
implantisomd5 "$resultdir/$name" >&2
rm -r "$content" "$resultdir/efi.img"
`;
