import { readFileSync } from 'node:fs';

/** USER_HZ, the unit of /proc/<pid>/stat, is 100 on every Linux we run on. */
const msPerTick = 10;

/**
 * When a process was started, in clock ticks since the machine was; undefined when none of that id runs. With the id it
 * distinguishes a process from a later one that got the same id.
 */
export function startTimeOf(pid: number): string | undefined {
  const fields = statOf(pid);
  // A zombie has ended: it only waits for its parent to take note, which in a container may be never.
  return fields === undefined || fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

/** Does a process of this id run, here? One that has ended and waits to be taken note of does not. */
export function isRunning(pid: number): boolean {
  return startTimeOf(pid) !== undefined;
}

/** CPU time that a process has used, in ms, all its threads together; undefined when it is gone. */
export function cpuTimeMs(pid: number): number | undefined {
  const fields = statOf(pid);
  return fields && (Number(fields[11]) + Number(fields[12])) * msPerTick;
}

/** proc_pid_stat(5) from its third field on, the state. The second, the program's name, may hold anything but the last `)`. */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
