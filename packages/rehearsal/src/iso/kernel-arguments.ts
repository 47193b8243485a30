import { onMedium } from '../anaconda/medium.ts';

/**
 * Both consoles: a screen for people, the first serial port for machines. The last one is /dev/console, where systemd
 * writes its status.
 */
const consoles = ['console=tty0', 'console=ttyS0,115200'];

/**
 * How long a unit may take to start, in seconds (systemd(1), "Kernel Command Line"). A rehearsal mostly boots without KVM,
 * where a daemon in Python takes longer than the usual 90: what is slow there is not broken.
 */
const patience = 'systemd.default_timeout_start_sec=360';

const words = (text: string): string[] => text.split(/\s+/u).filter((word) => word !== '');

/**
 * The kernel's command line on the medium: what dracut needs to find it, `bootloader --append` of the kickstart,
 * `--extra-boot-args`, the consoles, patience. Each argument once, at its first place.
 */
export function kernelArguments(volid: string, append: string, extraBootArgs: string): string[] {
  const given = [...words(append), ...words(extraBootArgs)];
  return [
    ...new Set([
      `root=live:CDLABEL=${volid}`,
      'rd.live.image',
      ...given,
      ...(given.some((word) => word.startsWith('console=')) ? [] : consoles),
      ...(given.some((word) => word.startsWith('systemd.default_timeout_start_sec=')) ? [] : [patience]),
    ]),
  ];
}

/** The kernel's command line on an installer medium: where its system and the kickstart are, and the consoles. */
export function installerArguments(volid: string, extraBootArgs: string): string[] {
  const given = words(extraBootArgs);
  return [
    ...new Set([
      `inst.stage2=hd:LABEL=${volid}`,
      `inst.ks=hd:LABEL=${volid}:/${onMedium.kickstart}`,
      ...given,
      ...(given.some((word) => word.startsWith('console=')) ? [] : consoles),
    ]),
  ];
}
