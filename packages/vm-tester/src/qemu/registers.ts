/** Where kernels of x86-64 have their code: the upper half of the address space. */
const KERNEL_ADDRESS = /^ffff[89a-f]/;

/** What each CPU does, from QEMU's `info registers -a`: `CPU 0 sleeps in the kernel at ffffffff8123…`. */
export function describeCpus(registers: string): string {
  const cpus = registers.split(/^CPU#(?=\d)/m).slice(1);
  return cpus
    .map((text) => {
      const number = /^\d+/.exec(text)?.[0] ?? '?';
      const [, address = ''] = /\b[RE]IP=([0-9a-f]+)/.exec(text) ?? [];
      const [, level = ''] = /\bCPL=(\d)/.exec(text) ?? [];
      const state = /\bHLT=1/.test(text) ? 'sleeps' : 'runs';
      const where =
        level === '3' ? 'user space' : KERNEL_ADDRESS.test(address) ? 'the kernel' : 'firmware or a boot loader';
      return `CPU ${number} ${state} in ${where} at ${address}`;
    })
    .join('; ');
}
