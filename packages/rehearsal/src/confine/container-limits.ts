import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the builder's container may use, and how often it was refused more, as its control group counts. */
export interface ContainerLimits {
  /** In bytes; undefined where there is no limit, or none to be seen. */
  memoryBytes?: number;
  processes?: number;
  /** Processes that the kernel ended because the memory was used up. */
  memoryKills: number;
  /** Processes that could not be started because there were as many as there may be. */
  processRefusals: number;
}

/** The files of control groups of version 2 first, then those of version 1 (kernel, `admin-guide/cgroup-v1` and `-v2`). */
const files = {
  memoryBytes: ['memory.max', 'memory/memory.limit_in_bytes'],
  processes: ['pids.max', 'pids/pids.max'],
  memoryKills: ['memory.events', 'memory/memory.oom_control'],
  processRefusals: ['pids.events', 'pids/pids.events'],
} as const;

/** What version 1 says where there is no limit: the largest number of whole pages. */
const unlimitedBytes = 2 ** 62;

/**
 * Reads them where an engine mounts the container's own control group. Without it, as with rootless Podman on version 1,
 * nothing is counted.
 */
export async function readContainerLimits(root = '/sys/fs/cgroup'): Promise<ContainerLimits> {
  const text = async (paths: readonly string[]): Promise<string> => {
    for (const path of paths) {
      const content = await readFile(join(root, path), 'utf8').catch(() => undefined);
      if (content !== undefined) return content;
    }
    return '';
  };
  const [memory, processes, kills, refusals] = await Promise.all([
    text(files.memoryBytes),
    text(files.processes),
    text(files.memoryKills),
    text(files.processRefusals),
  ]);
  const memoryBytes = numberIn(/^(\d+)$/mu, memory);
  const most = numberIn(/^(\d+)$/mu, processes);
  return {
    ...(memoryBytes === undefined || memoryBytes >= unlimitedBytes ? {} : { memoryBytes }),
    ...(most === undefined ? {} : { processes: most }),
    memoryKills: numberIn(/^oom_kill (\d+)$/mu, kills) ?? 0,
    processRefusals: numberIn(/^max (\d+)$/mu, refusals) ?? 0,
  };
}

function numberIn(pattern: RegExp, text: string): number | undefined {
  const digits = pattern.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * Which limit a script met that ran between two readings, as the end of a sentence about it; undefined when none. Pure.
 */
export function limitMet(before: ContainerLimits, after: ContainerLimits): string | undefined {
  if (after.memoryKills > before.memoryKills) {
    const { memoryBytes } = after;
    const limit = memoryBytes === undefined ? '' : `: the builder's container may use ${inGiB(memoryBytes)} GiB`;
    return `ran out of memory, and the kernel ended it or a process of it${limit}`;
  }
  if (after.processRefusals > before.processRefusals)
    return `wanted more processes than the builder's container may have${after.processes === undefined ? '' : `: ${after.processes}`}`;
  return undefined;
}

const inGiB = (bytes: number): string => (bytes / 2 ** 30).toFixed(1);
