/**
 * A trial of what every Fedora build does first and last: it takes loop devices, several at once, and mounts a file system
 * from each. In a container with what the builder is granted, so that it says whether the build can; in about a second.
 */
export interface LoopTrial {
  /** The devices that were taken, and what losetup said of one that could not be. */
  readonly taken: readonly string[];
  readonly refused: string | undefined;
  /** Of each file system: mounted, or the words of mount or mkfs. */
  readonly mounts: Readonly<Record<string, 'mounted' | { failed: string }>>;
}

const MIB = 16;

/**
 * The script, for a shell with util-linux. Everything is freed whatever happens: a device that is mounted goes with its
 * mount, and the mount with the container.
 */
export function loopTrialScript(filesystems: readonly string[]): string {
  return `
export LC_ALL=C
d=$(mktemp -d) && mkdir "$d/mnt" || exit
taken=
release() { umount "$d/mnt" 2>/dev/null; for one in $taken; do losetup --detach "$one" 2>/dev/null; done; rm -rf "$d"; }
trap release EXIT
for fs in ${filesystems.join(' ')}; do
  truncate -s ${MIB}M "$d/$fs.img"
  if ! loop=$(losetup --find --show "$d/$fs.img" 2>&1); then echo "refused $loop"; continue; fi
  taken="$taken $loop"
  echo "taken $loop"
  if command -v "mkfs.$fs" >/dev/null; then "mkfs.$fs" "$loop" >/dev/null 2>&1; fi
  if said=$(mount -t "$fs" "$loop" "$d/mnt" 2>&1); then
    echo "mounted $fs"
    umount "$d/mnt"
  else
    echo "failed $fs $(echo "$said" | tr '\\n' ' ')"
  fi
done
`;
}

/** Reads what the script printed. Pure. */
export function parseLoopTrial(text: string): LoopTrial {
  const taken: string[] = [];
  const mounts: Record<string, 'mounted' | { failed: string }> = {};
  let refused: string | undefined;
  for (const line of text.split('\n')) {
    const [, word, rest = ''] = /^(taken|refused|mounted|failed) (.*)$/u.exec(line.trim()) ?? [];
    if (word === 'taken') taken.push(rest);
    if (word === 'refused') refused ??= rest;
    if (word === 'mounted') mounts[rest] = 'mounted';
    const [, fs = '', said = ''] = /^(\S+) (.*)$/u.exec(rest) ?? [];
    if (word === 'failed') mounts[fs] = { failed: said.trim() };
  }
  return { taken, refused, mounts };
}
