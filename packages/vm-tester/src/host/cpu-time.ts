import { readFileSync } from 'node:fs';

/** USER_HZ, the unit of /proc/<pid>/stat, is 100 on every Linux we run on. */
const MS_PER_TICK = 10;

/** CPU time that a process has used, in ms, all its threads together; undefined when it is gone. */
export function cpuTimeMs(pid: number): number | undefined {
  try {
    // proc_pid_stat(5): utime and stime are fields 14 and 15; the name, field 2, may hold spaces and parentheses.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
  } catch {
    return undefined;
  }
}
