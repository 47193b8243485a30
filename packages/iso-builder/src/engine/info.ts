/** What an engine says of itself and its machine (Docker's API, `GET /info`, and Podman's copy of it). */
export interface EngineInfo {
  KernelVersion?: string;
  /** Of the engine's machine: Docker says `x86_64`, Podman `amd64`. */
  Architecture?: string;
  /** Of the engine's machine, in bytes. */
  MemTotal?: number;
  /** Of the engine's machine, as ISO 8601 has it. Podman does not fill it. */
  SystemTime?: string;
  /** Where the engine keeps images and containers, on its machine. */
  DockerRootDir?: string;
  MemoryLimit?: boolean;
  PidsLimit?: boolean;
  /** Of the engine's machine: `1` or `2`. */
  CgroupVersion?: string;
  SecurityOptions?: string[];
  /** Podman's own. */
  Rootless?: boolean;
}

/** Whether the engine runs without root. Docker lists it among its security options, Podman only from 5 on. Pure. */
export function isRootless({ Rootless: rootless = false, SecurityOptions: options = [] }: EngineInfo): boolean {
  return rootless || options.some((option) => /^name=rootless\b/u.test(option));
}

/** Whether root in every container is another user outside of it, by what the engine does itself. Pure. */
export function hasUserNamespaces(info: EngineInfo): boolean {
  return isRootless(info) || (info.SecurityOptions ?? []).some((option) => /^name=userns\b/u.test(option));
}
