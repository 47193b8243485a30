import { phaseIndex } from '../../verdict/verdict.ts';
import type { Phase } from '../../verdict/verdict.ts';
import { spokenOnSerial } from '../speaker.ts';
import type { Said } from '../speaker.ts';
import type { Detector } from './detector.ts';
import { FIRMWARE_DETECTORS } from './firmware.ts';
import { INITRAMFS_DETECTORS } from './initramfs.ts';
import { INIT_DETECTORS } from './init.ts';
import { KERNEL_DETECTORS } from './kernel.ts';
import { LOADER_DETECTORS } from './loader.ts';
import { STORAGE_DETECTORS } from './storage.ts';
import { SYSTEMD_DETECTORS } from './systemd.ts';

export { CPU_LEVEL } from './initramfs.ts';
export type { Detector } from './detector.ts';

/** Where a line was read. `screen` is the text of a VGA console. */
export type LineSource = 'serial' | 'debugcon' | 'journal' | 'screen';

/** All of them. The order is that of precedence on one line. */
export const DETECTORS: readonly Detector[] = [
  ...FIRMWARE_DETECTORS,
  ...LOADER_DETECTORS,
  ...STORAGE_DETECTORS,
  ...KERNEL_DETECTORS,
  ...INITRAMFS_DETECTORS,
  ...INIT_DETECTORS,
  ...SYSTEMD_DETECTORS,
];

/** The first detector that believes one of the line's speakers and matches its words. */
export function detect(
  { speakers, text }: Said,
  phase: Phase,
  detectors: readonly Detector[] = DETECTORS,
): Detector | undefined {
  return detectors.find(
    ({ speaker, pattern, from }) =>
      (speaker === undefined || [speaker].flat().some((one) => speakers.has(one))) &&
      (from === undefined || phaseIndex(phase) >= phaseIndex(from)) &&
      pattern.test(text),
  );
}

/** {@link detect} for a line of a serial console of which nothing else is known, as an installer's. */
export function detectOnSerial(line: string): Detector | undefined {
  return detect(spokenOnSerial(line, { phase: 'firmware', kernelStamps: true, late: false }), 'firmware');
}
