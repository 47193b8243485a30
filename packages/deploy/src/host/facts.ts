import * as z from 'zod';

const program = z.string().nullable();

/**
 * What is known of a machine that is to run virtual machines, as plain JSON: gathered once, judged by pure functions,
 * so that what another machine reported can be judged here as well (`phyllome doctor --format=json` prints it).
 */
export const hostFactsSchema = z.object({
  /** As `uname -m`. */
  architecture: z.string(),
  /** As `uname -r`. */
  kernel: z.string(),
  distribution: z.object({
    name: z.string(),
    id: z.string(),
    versionId: z.string().optional(),
    family: z.enum(['fedora', 'debian', 'arch', 'suse']).optional(),
  }),
  /** What this is itself, as systemd-detect-virt(1) names it: `none`, `kvm`, `docker`, `wsl`, … */
  within: z.string(),
  cpu: z.object({
    vendor: z.enum(['intel', 'amd', 'other']),
    model: z.string(),
    /** Those flags of /proc/cpuinfo that are about virtualization. */
    flags: z.array(z.string()),
  }),
  user: z.object({ name: z.string(), root: z.boolean(), groups: z.array(z.string()) }),
  kvm: z.object({
    /** Of /dev/kvm; null: there is none. */
    device: z.object({ mode: z.string(), group: z.string(), accessible: z.boolean() }).nullable(),
    /** The module that drives this maker's processors, when it is loaded. */
    module: z.string().nullable(),
    /** Whether a guest ran under it; null: it was not tried. */
    probe: z.object({ works: z.boolean(), reason: z.string() }).nullable(),
  }),
  nested: z.object({
    /** The module's parameter now: `Y`, `N`, `1`, `0`. */
    current: z.string().nullable(),
    /** What modprobe.d says of it, later lines over earlier ones. */
    configured: z.array(z.object({ file: z.string(), module: z.string(), value: z.string() })),
  }),
  /** How many groups of devices the kernel's IOMMU driver made, and what of the kernel's command line is about it. */
  iommu: z.object({ groups: z.number(), arguments: z.array(z.string()) }),
  /** Paths, by the ids in packages.ts; null: not on the PATH. */
  programs: z.object({
    qemu: program,
    'qemu-img': program,
    libvirt: program,
    'virt-install': program,
    'virt-manager': program,
    swtpm: program,
    xorriso: program,
  }),
  /** Path of the UEFI firmware. */
  ovmf: z.string().nullable(),
  libvirt: z.object({
    connect: z.string(),
    /** How libvirt's daemon can be started here: many small ones, one large one, or not at all. */
    daemons: z.enum(['modular', 'monolithic', 'none']),
    /** null: virsh is missing, and it was not asked. */
    answer: z.object({ reachable: z.boolean(), said: z.string() }).nullable(),
    /** null: it could not be asked. */
    defaultNetwork: z.enum(['active', 'inactive', 'absent']).nullable(),
  }),
  memoryMiB: z.number(),
  /** Of the file system that disks of machines are put on. */
  disk: z.object({ path: z.string(), freeGiB: z.number() }),
});

export type HostFacts = z.infer<typeof hostFactsSchema>;
