/** What a person types in the recorded sessions, in this order: each goes on where the one before has ended. */

/** A command line, and what it shall end with. */
interface Run {
  readonly run: string;
  /** 0 when it is left out. */
  readonly exit?: number;
}

/** A command that goes on until it gets the word to quit, and what is done in another terminal meanwhile. */
export interface Watch {
  readonly watch: string;
  /** What it prints whenever it waits. */
  readonly waits: string;
  readonly meanwhile: readonly string[];
  /** What is typed at the end. */
  readonly quit: string;
}

export type Step = Run | Watch;

export interface Session {
  readonly name: string;
  readonly title: string;
  /** For the reader, before the recording. */
  readonly about: string;
  readonly steps: readonly Step[];
  /** What is recorded is played again by a test: it takes seconds, and prints the same on every machine. */
  readonly quick?: true;
}

const extras = 'repo --name=extras --baseurl=https://mirror.example/fedora/releases/43/Everything/x86_64/os/';

export const sessions: readonly Session[] = [
  {
    name: 'first-build',
    title: 'A first build',
    about: 'Of the nano edition, with nothing in the image store and nothing in Nx’s cache.',
    steps: [{ run: 'pnpm nx build iso-n' }, { run: 'pnpm phyllome verify dist/iso-n' }],
  },
  {
    name: 'cached-build',
    title: 'A build that has nothing to do',
    about: 'The same again.',
    steps: [{ run: 'pnpm nx build iso-n' }],
  },
  {
    name: 'watch',
    title: 'A leaf edited in watch mode',
    about: 'A package is added, a section is left open, and the leaf is put back; each save is in another terminal.',
    quick: true,
    steps: [
      {
        watch: 'pnpm phyllome dev n',
        waits: 'watching leaves/',
        meanwhile: [
          "sed -i 's/^vim-minimal$/vim-enhanced/' leaves/blocks/nano.cfg",
          "sed -i '/^%end$/d' leaves/blocks/nano.cfg",
          'git checkout -q leaves/blocks/nano.cfg',
        ],
        quit: 'q',
      },
    ],
  },
  {
    name: 'lint',
    title: 'A lint error, and its fix',
    about: 'A repository of another release than the leaves are for.',
    quick: true,
    steps: [
      { run: `echo '${extras}' >>leaves/blocks/nano.cfg` },
      { run: 'pnpm phyllome lint n ln', exit: 1 },
      { run: 'pnpm phyllome lint n ln --fix' },
      { run: 'git diff -U0 leaves' },
      { run: 'git checkout -q leaves' },
    ],
  },
  {
    name: 'failed-build',
    title: 'A build that fails',
    about: 'A package that does not exist: the error names the leaf’s line, and the last good ISO stays where it is.',
    steps: [
      { run: "sed -i 's/^vim-minimal$/vim-minimum/' leaves/blocks/nano.cfg" },
      { run: 'pnpm nx build iso-n', exit: 1 },
      { run: 'ls dist' },
      { run: 'git checkout -q leaves && pnpm phyllome flatten n ln' },
    ],
  },
  {
    name: 'release',
    title: 'A release',
    about:
      'The ISO is judged under BIOS and UEFI, and laid out for a web server: as a rehearsal of a release, and it says so.',
    steps: [
      { run: 'pnpm nx test-vm iso-n' },
      { run: 'pnpm phyllome release 44.1' },
      { run: 'ls release/44.1 release/44.1/n' },
      { run: 'cd release/44.1 && sha256sum --check CHECKSUM' },
    ],
  },
];
