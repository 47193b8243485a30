import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A tree of kickstarts by path; `main.ks` includes the others. */
export type Tree = ReadonlyMap<string, string>;

interface Shape {
  files: number;
  /** Lines of each file. */
  lines: number;
  /** Command lines of each file. */
  commands: number;
  /** Lines of the %packages section of each file; 0: it has none. */
  packages: number;
}

/** 2,000 files of 100 lines each, most of them scripts, with 4,000 commands and 4,000 packages. */
export const LARGE: Shape = { files: 2000, lines: 100, commands: 2, packages: 2 };
/** 500 files with 20,000 packages together. */
export const PACKAGES: Shape = { files: 500, lines: 44, commands: 0, packages: 40 };

const HEAD = [
  'lang C',
  'keyboard us',
  'timezone UTC --utc',
  'rootpw --lock',
  'zerombr',
  'clearpart --all',
  'autopart --type=lvm',
  'bootloader --timeout=1',
];

/** Always the same tree for the same shape: each file includes up to twelve others, in folders below its own. */
export function makeTree({ files, lines, commands, packages }: Shape): Tree {
  const fanOut = 12;
  const tree = new Map<string, string>();
  const random = numbers(files);
  const folder = (index: number): string => {
    const parent = Math.floor((index - 1) / fanOut);
    return index <= 0 ? '' : join(folder(parent), `n${parent}`);
  };
  for (let index = 0; index < files; index += 1) {
    const out = index === 0 ? [...HEAD] : [`# file ${index}`];
    const children = Array.from({ length: fanOut }, (_, at) => index * fanOut + 1 + at).filter(
      (child) => child < files,
    );
    for (const child of children) out.push(`%include n${index}/f${child}.ks`);
    for (let at = 0; at < commands; at += 1) out.push(command(index * commands + at));
    if (packages > 0) {
      out.push('%packages');
      for (let at = 0; at < packages; at += 1) out.push(packageLine(random, index, at));
      out.push('%end');
    }
    const room = lines - out.length - 2;
    if (room > 0) out.push('%post --erroronfail', ...script(random, room), '%end');
    tree.set(index === 0 ? 'main.ks' : join(folder(index), `f${index}.ks`), `${out.join('\n')}\n`);
  }
  return tree;
}

export function writeTree(root: string, tree: Tree): void {
  for (const [path, text] of tree) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

export function countLines(tree: Tree): number {
  return [...tree.values()].reduce((sum, text) => sum + text.split('\n').length - 1, 0);
}

function command(number: number): string {
  const kinds = [
    `user --name=user${number} --groups=wheel,audio --gecos="User ${number}"`,
    `repo --name=repo${number} --baseurl=http://mirror.example/${number}/os --cost=50`,
    `group --name=group${number} --gid=${2000 + number}`,
    `sshkey --username=user${number} "ssh-ed25519 AAAA${number} user${number}"`,
    `network --device=eth${number} --bootproto=dhcp --onboot=yes`,
  ];
  return kinds[number % kinds.length] ?? '';
}

const STEMS = 'gtk qt kernel python perl fonts mesa dbus audio video office games server tools'.split(' ');

function packageLine(random: () => number, file: number, at: number): string {
  const stem = STEMS[Math.floor(random() * STEMS.length)];
  const name = `${stem}-${file}-${at}`;
  const kind = random();
  if (kind < 0.1) return `-${name}`;
  if (kind < 0.15) return `@${name}`;
  return kind < 0.3 ? `${name} # for ${stem}` : name;
}

const SCRIPT = [
  '# step',
  'install -d -m 0755 /srv/data',
  'echo "ready" >>/var/log/setup',
  '',
  'if true; then',
  '  : nothing',
  'fi',
];

function script(random: () => number, lines: number): string[] {
  return Array.from({ length: lines }, () => SCRIPT[Math.floor(random() * SCRIPT.length)] ?? '');
}

/** Pseudo-random numbers from 0 to 1 (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
