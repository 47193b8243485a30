import type Docker from 'dockerode';
import type { Limits } from '../build/builder.ts';
import { type EngineInfo, isRootless } from '../engine/info.ts';

/**
 * Limits as Docker's API has them. Where an engine cannot set them ({@link canLimit}) it goes on without. Pure.
 *
 * @param memory of the engine's machine, in bytes
 */
export function limitsOf({ processes, memoryShare }: Limits, memory: number | undefined): Docker.HostConfig {
  const bytes = Math.floor((memory ?? 0) * memoryShare);
  return { PidsLimit: processes, ...(bytes > 0 ? { Memory: bytes, MemorySwap: bytes } : {}) };
}

/**
 * What of a container the engine can limit. Podman without root says that it can wherever its machine could, and sets none
 * where control groups are of version 1, which give no user any (podman-run(1), `--memory`, `--pids-limit`). Pure.
 */
export function canLimit(info: EngineInfo): { memory: boolean; processes: boolean } {
  const none = isRootless(info) && info.CgroupVersion === '1';
  return { memory: info.MemoryLimit === true && !none, processes: info.PidsLimit === true && !none };
}
