import type { CommandEntry } from './command.ts';

/** All commands, in the order in which they are listed. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'flatten',
    summary: 'write flat/flat-<leaf>.cfg of each leaf, of all when none is named; or print any kickstart, flat',
    neverWaits: true,
    load: () => import('./commands/flatten.ts'),
  },
  {
    name: 'validate',
    summary: 'check leaves, that they have no lint errors, and that their flat kickstarts are fresh',
    neverWaits: true,
    load: () => import('./commands/validate.ts'),
  },
  {
    name: 'lint',
    summary: 'report what is wrong with leaves, or with any kickstarts, and how to fix it',
    mayBeSilent: true,
    load: () => import('./commands/lint.ts'),
  },
  {
    name: 'dev',
    summary: 'flatten and lint an edition at every save, and say what changed in meaning and whom it reaches',
    load: () => import('./commands/dev.ts'),
  },
  {
    name: 'diff',
    summary: 'show how two leaves, or any two kickstarts, differ in meaning',
    neverWaits: true,
    load: () => import('./commands/diff.ts'),
  },
  {
    name: 'diff-images',
    summary: 'show how two built images differ: packages, sizes, kernel, services, files, verdicts',
    mayBeSilent: true,
    load: () => import('./commands/diff-images.ts'),
  },
  {
    name: 'explain',
    summary: 'show where a line of a flat kickstart comes from, or what a line of a leaf becomes',
    neverWaits: true,
    load: () => import('./commands/explain.ts'),
  },
  {
    name: 'image',
    summary: "build an edition's ISO in a container and put it into the image store",
    load: () => import('./commands/image.ts'),
  },
  {
    name: 'build',
    summary: "put an edition's ISO into dist/iso-<edition>, building it if there is none",
    load: () => import('./commands/build.ts'),
  },
  {
    name: 'builder',
    summary: "print the chosen builder, the digest of what its image is made of, and its container's privileges",
    load: () => import('./commands/builder.ts'),
  },
  {
    name: 'lock',
    summary: "pin the rehearsal's Debian packages to the versions on offer today",
    mayBeSilent: true,
    load: () => import('./commands/lock.ts'),
  },
  {
    name: 'refresh',
    summary: 'record the packages that editions come to today, and list what changed since they were built',
    mayBeSilent: true,
    load: () => import('./commands/refresh.ts'),
  },
  {
    name: 'test-vm',
    summary: 'boot an ISO, unmodified, under QEMU, and accept or reject it',
    load: () => import('./commands/test-vm.ts'),
  },
  {
    name: 'tester',
    summary: 'print what judges ISOs on this machine: QEMU, its firmware and whether KVM may be used',
    hidden: true,
    load: () => import('./commands/tester.ts'),
  },
  {
    name: 'up',
    summary: 'boot an edition, any ISO or a disk image, to work with; phyllome shell opens a shell in it',
    load: () => import('./commands/up.ts'),
  },
  {
    name: 'shell',
    summary: 'open a root shell in the machine that phyllome up runs, or run one command there',
    load: () => import('./commands/shell.ts'),
  },
  {
    name: 'deploy',
    summary: "install an edition into a virtual machine; without --with, print virt-install's command",
    load: () => import('./commands/deploy.ts'),
  },
  {
    name: 'editions',
    summary: 'show the editions, what each is made of, its last ISO and its verdict',
    neverWaits: true,
    load: () => import('./commands/editions.ts'),
  },
  {
    name: 'rehearse',
    summary: "build an edition's ISO with the rehearsal builder, or print which part of it a rehearsal exercises",
    load: () => import('./commands/rehearse.ts'),
  },
  {
    name: 'verify',
    summary: 'check a built ISO and its evidence against each other, offline',
    mayBeSilent: true,
    load: () => import('./commands/verify.ts'),
  },
  {
    name: 'check-console',
    summary: 'look for known failures in a saved console',
    load: () => import('./commands/check-console.ts'),
  },
  {
    name: 'explain-failure',
    summary: 'say why a run of lorax or anaconda failed, from its logs: cause, deciding line, leaf line, what to do',
    mayBeSilent: true,
    load: () => import('./commands/explain-failure.ts'),
  },
  {
    name: 'doctor',
    summary: 'check whether this machine can build and test editions with the chosen builder, and run them as guests',
    mayBeSilent: true,
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'store',
    summary: 'look after the image store: list it, check it, make room in it',
    mayBeSilent: true,
    load: () => import('./commands/store.ts'),
  },
  {
    name: 'clean',
    summary: 'remove what a killed build left behind',
    load: () => import('./commands/clean.ts'),
  },
  {
    name: 'check-files',
    summary: 'refuse files that Nx might read for ever',
    neverWaits: true,
    hidden: true,
    load: () => import('./commands/check-files.ts'),
  },
  {
    name: 'refuse-leaf',
    summary: 'report why a leaf cannot have its name',
    hidden: true,
    load: () => import('./commands/refuse-leaf.ts'),
  },
  {
    name: 'init',
    summary: 'make a workspace of another project: kickstarts of a minimal live image, builders, Nx, workflow files',
    mayBeSilent: true,
    load: () => import('./commands/init.ts'),
  },
  {
    name: 'import',
    summary: 'say what a tree of kickstarts has, and make a workspace of it',
    mayBeSilent: true,
    load: () => import('./commands/import.ts'),
  },
  {
    name: 'config',
    summary: 'print what phyllome.config.ts says, with all that it leaves out, or the schema of it',
    load: () => import('./commands/config.ts'),
  },
  {
    name: 'matrix',
    summary: 'list the editions as the matrix of a workflow, all or those that a change affects',
    load: () => import('./commands/matrix.ts'),
  },
  {
    name: 'release',
    summary: 'lay out accepted editions as a directory that any web server can serve',
    mayBeSilent: true,
    load: () => import('./commands/release.ts'),
  },
  {
    name: 'completion',
    summary: 'print what makes bash, zsh or fish complete commands, options, editions and leaves',
    neverWaits: true,
    load: () => import('./commands/completion.ts'),
  },
  {
    name: 'man',
    summary: 'print the manual page: all commands, options and examples',
    neverWaits: true,
    load: () => import('./commands/man.ts'),
  },
  {
    name: 'complete',
    summary: 'print what may stand at the end of a command line',
    neverWaits: true,
    hidden: true,
    load: () => import('./commands/complete.ts'),
  },
];
