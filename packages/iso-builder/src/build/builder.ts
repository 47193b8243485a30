import type { LivemediaProfile } from '../executor/livemedia-creator.ts';
import type { UsualTimes } from '../progress/history.ts';

/** What a builder may need of it. */
export interface KernelNeeds {
  readonly filesystems: readonly ('ext4' | 'vfat')[];
  readonly loopDevices: boolean;
}

/**
 * A builder: a container image with `livemedia-creator` on its PATH. Which distribution is inside is its own affair;
 * this package drives all of them alike.
 */
export interface Builder {
  /** `fedora`, `almalinux`, `rehearsal`, … */
  readonly name: string;
  /** Whose packages it installs, as os-release(5) has it in `ID`, where its own report does not say; `fedora` when not given. */
  readonly distribution?: string;
  /** Content key of the image: one that is labelled with it is reused instead of built. */
  readonly contextDigest: string;
  /** Build arguments of the Containerfile; part of the content key. */
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** What the container may do. */
  readonly privileges: Privileges;
  /** How much it may use up; the engine's defaults when not given. */
  readonly limits?: Limits;
  /** Settings of the builder: variables of its environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Named volumes that keep downloads between builds, and whatever else may be lost at any time. */
  readonly caches?: readonly Cache[];
  /** The complete list of dracut's arguments for each profile; livemedia-creator's own when not given. */
  readonly dracutArgs?: Readonly<Partial<Record<LivemediaProfile, readonly string[]>>>;
  /** For the progress of a first build; anaconda's when not given. */
  readonly usual?: UsualTimes;
  /** What the kernel of the engine's machine must have; nothing in particular when not given. */
  readonly kernel?: KernelNeeds;
  /** What a virtual machine needs to run it; undefined: it runs in none. */
  readonly machine?: MachineNeeds;
  /** The files of the image's build context. Asked for only when the image has to be built; may take long. */
  context(options: { signal?: AbortSignal | undefined }): Promise<readonly ContextFile[]>;
}

/** A virtual machine that a builder's image can run in. */
export interface MachineNeeds {
  readonly memoryMiB: number;
  /** Of the disk that it works on, and of the one that its result leaves by: sparse files, of which only what is written takes room. */
  readonly diskMiB: number;
  /** Packages come by the network; without, the machine has none. */
  readonly network: boolean;
  /** The kernel that it boots; undefined: that of the image. */
  readonly system?: MachineSystem;
  /** What its root has on top of the builder's image; undefined: nothing. */
  readonly layer?: MachineLayer;
  /** More of its kernel's arguments. */
  readonly kernelArguments?: readonly string[];
}

/**
 * An image that is made of the builder's, for machines alone: its Containerfile begins with `ARG BUILDER` and
 * `FROM ${BUILDER}`. Nothing of it may decide what an ISO has, for an ISO's inputs name only the builder's image.
 */
export interface MachineLayer {
  /** Content key of it, that of the builder's image included. */
  readonly contextDigest: string;
  /** The files of its build context. */
  readonly files: readonly ContextFile[];
}

/** A system with a kernel, its modules and a static busybox: where the builder's image has none of its own. */
export interface MachineSystem {
  /** Another one has another. */
  readonly key: string;
  /** The path of a tar archive of it; may take long. */
  tar(options: { signal?: AbortSignal | undefined }): Promise<string>;
}

/** What a builder's container may use up, whatever a kickstart's scripts do in it. */
export interface Limits {
  /** Processes and threads at once. */
  readonly processes: number;
  /** Share of the memory of the engine's machine, from 0 to 1; swap is not used beyond it. */
  readonly memoryShare: number;
}

/**
 * A volume of the engine that all builds of a builder share. It is made when it is first needed; several containers may
 * use it at once, so what is in it must be written in one step.
 */
export interface Cache {
  /** The volume's name. */
  readonly name: string;
  /** Where the container finds it. */
  readonly path: string;
}

/** One file of a build context; `path` is relative to its root, with `/`. Big files are given by name and streamed. */
export type ContextFile = {
  readonly path: string;
  /** Permission bits; 0o644 when not given. */
  readonly mode?: number;
} & ({ readonly content: string | Uint8Array } | { readonly file: string });

/**
 * How what a builder's container may do differs from an engine's defaults: never `--privileged`.
 */
export interface Privileges {
  /** Capabilities, without `CAP_`, that an engine would give by default; `ALL` leaves those of `capAdd` alone. */
  readonly capDrop: readonly string[];
  /** Capabilities, without `CAP_`. */
  readonly capAdd: readonly string[];
  /** More of them where the engine has SELinux. */
  readonly capAddWithSelinux?: readonly string[];
  /** Loop devices of the engine's machine, any number of them, and /dev/loop-control, which hands them out. */
  readonly loopDevices: boolean;
  /** Bind the engine host's `/dev`: loop nodes that the kernel makes later do not show up in a container's own. */
  readonly hostDev: boolean;
  /** Lift the confinement of AppArmor and SELinux, where the engine has one: what both let containers do has no mount. */
  readonly unconfined: boolean;
}
