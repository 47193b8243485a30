/**
 * The kernel's arguments for an installation that is watched on the serial console: where the kickstart and the
 * installer's own system are, no tmux whose windows would cut the messages, and the console last that the installer is
 * to use. Anaconda hands `console` on to the installed system.
 */
export const kernelArguments = (kickstartName: string, stage2: string): string[] => [
  `inst.ks=file:/${kickstartName}`,
  stage2,
  'inst.notmux',
  'console=tty0',
  'console=ttyS0,115200',
];
