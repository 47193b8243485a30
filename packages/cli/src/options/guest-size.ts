/** What virtual machines get that people work with or install, where the command line does not say. */
export const guestSize = { memoryMiB: 4096, cpus: 2 } as const;
