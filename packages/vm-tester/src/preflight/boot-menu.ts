import type { FileHandle } from 'node:fs/promises';
import { readIsoFile } from '@phyllome/medium';

/** Where lorax and others put the menus of GRUB and ISOLINUX. */
const MENUS = ['EFI/BOOT/grub.cfg', 'boot/grub2/grub.cfg', 'boot/grub/grub.cfg', 'isolinux/isolinux.cfg'];

/** A boot menu whose kernel looks for its root on a volume of this label. */
export interface MenuLabel {
  menu: string;
  label: string;
}

/** The volume labels that an ISO's boot menus name as the live root or the installer's second stage. */
export async function menuLabels(file: FileHandle): Promise<MenuLabel[]> {
  const found: MenuLabel[] = [];
  for (const menu of MENUS) {
    const text = (await readIsoFile(file, menu))?.toString() ?? '';
    for (const label of rootLabels(text)) found.push({ menu, label });
  }
  return found;
}

/**
 * `root=live:CDLABEL=My\x20Label` (dracut.cmdline(7)), `inst.stage2=hd:LABEL=…` (Anaconda's boot options) →
 * `My Label`, each once. A label with a variable in it is for GRUB to know.
 */
export function rootLabels(menu: string): string[] {
  const options = /\b(?:root=live:|inst\.(?:stage2|repo)=hd:)(?:CD)?LABEL=([^\s:]+)/g;
  const labels = [...menu.matchAll(options)]
    .map(([, label = '']) => label)
    .filter((label) => !label.includes('$'))
    .map((label) =>
      label.replaceAll(/\\x([0-9a-f]{2})/gi, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16))),
    );
  return [...new Set(labels)];
}
