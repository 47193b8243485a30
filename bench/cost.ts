import { execa } from 'execa';

/** What a command cost, with all that it started. */
export interface Cost {
  /** Seconds. */
  wall: number;
  /** Seconds, of user and system. */
  cpu: number;
  /** The largest that one of its processes became, in MiB. */
  rss: number;
  /** The start of the first line that it printed. */
  said: string;
}

/** Runs a command to its end. Python's rusage of it is exact, whatever this process does. */
export async function costOf(command: readonly string[], env: Record<string, string> = {}): Promise<Cost> {
  const script =
    'import resource,subprocess,sys,time\n' +
    't=time.monotonic();p=subprocess.run(sys.argv[1:],stdout=subprocess.PIPE,check=True)\n' +
    'w=time.monotonic()-t;u=resource.getrusage(resource.RUSAGE_CHILDREN)\n' +
    'print(w,u.ru_utime+u.ru_stime,u.ru_maxrss/1024,p.stdout.decode().split("\\n")[0][:40],sep="\\t")';
  const { stdout } = await execa('python3', ['-c', script, ...command], { env });
  const [wall = '', cpu = '', rss = '', said = ''] = stdout.split('\t');
  return { wall: Number(wall), cpu: Number(cpu), rss: Number(rss), said };
}
