/** Linux' Documentation/arch/x86/boot.rst: a kernel says so at this place of its set-up code. */
export const PC_KERNEL = { offset: 0x202, magic: 'HdrS' };

/** Its Documentation/arch/arm64/booting.rst. */
export const ARM_KERNEL = { offset: 56, magic: 'ARMd' };
