/** Where kernels have their code, in the upper half of the address space: those of x86-64, and of 64-bit ARM. */
const KERNEL_ADDRESS = { pc: /^ffff[89a-f]/, arm: /^ffff[0-9a-f]{12}$/ };

type Place = 'user space' | 'the kernel' | 'firmware or a boot loader';

/**
 * Where a CPU is, by QEMU's `info registers`: boot loaders run at low addresses and in ring 0, kernels in the upper half,
 * and user space in ring 3, which is exception level 0 on ARM.
 */
function placeOf(registers: string): { place: Place; address: string } {
  const [, pc] = /\b[RE]IP=([0-9a-f]+)/.exec(registers) ?? [];
  const [, arm] = /^\s*PC=([0-9a-f]+)/m.exec(registers) ?? [];
  const address = pc ?? arm ?? '';
  if (/\bCPL=3\b|\bEL0t\b/.test(registers)) return { place: 'user space', address };
  const isKernel = (pc === undefined ? KERNEL_ADDRESS.arm : KERNEL_ADDRESS.pc).test(address);
  return { place: isKernel ? 'the kernel' : 'firmware or a boot loader', address };
}

/** Whether a CPU is in a kernel or in user space. One that idles does so in its kernel. */
export function showsKernel(registers: string): boolean {
  return placeOf(registers).place !== 'firmware or a boot loader';
}

/** What each CPU does, from QEMU's `info registers -a`: `CPU 0 sleeps in the kernel at ffffffff8123…`. */
export function describeCpus(registers: string): string {
  const cpus = registers.split(/^CPU#(?=\d)/m).slice(1);
  return cpus
    .map((text) => {
      const number = /^\d+/.exec(text)?.[0] ?? '?';
      const state = /\bHLT=1/.test(text) ? 'sleeps' : 'runs';
      const { place, address } = placeOf(text);
      return `CPU ${number} ${state} in ${place} at ${address}`;
    })
    .join('; ');
}
