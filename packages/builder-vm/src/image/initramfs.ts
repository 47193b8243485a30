import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cpio } from '@phyllome/vm-tester/qemu';
import { modulesToLoad } from './modules.ts';
import type { FoundSystem } from './system.ts';

/** The first process of a machine. */
export const init = readFileSync(join(import.meta.dirname, '../guest/init.sh'));

/** The initramfs of a builder's machine: busybox, the modules that it needs, and its first process. */
export async function initramfsOf(system: Pick<FoundSystem, 'busybox' | 'modules'>): Promise<Buffer> {
  const modules = await modulesToLoad(system.modules);
  return cpio([
    { path: 'bin' },
    { path: 'bin/busybox', content: system.busybox, mode: 0o755 },
    { path: 'init', content: init, mode: 0o755 },
    { path: 'modules' },
    ...modules.map(({ name, content }) => ({ path: `modules/${name}.ko`, content })),
    { path: 'modules/order', content: modules.map(({ name }) => `${name}.ko\n`).join('') },
  ]);
}
