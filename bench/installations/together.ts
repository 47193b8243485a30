import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeployError, type InstallOptions, install } from '@phyllome/deploy';
import { InstallMonitor } from '../../packages/deploy/src/installer/monitor.ts';

/** How the installer ended with one kickstart. */
export interface Ended {
  phase: string;
  cause: string;
  /** The lines that say why. */
  message: string;
  kickstartLine: number | undefined;
  /** What is wrong however it ended: it went on, or the disk has something on it. */
  problem: string | undefined;
}

/**
 * One `%pre` script that gives the installer the other kickstarts, one after the other, in the machine that it runs in: it
 * reads the kernel's command line anew each time. What it says goes to the log in base64, so that nobody takes it for what
 * this installation comes to. After the first the second disk goes, as if it were pulled out.
 */
function driver(kickstarts: readonly string[]): string {
  const runs = kickstarts.map((text, index) =>
    [
      `base64 --decode >/run/install/bad-${index}.cfg <<'KICKSTART'`,
      ...(Buffer.from(text)
        .toString('base64')
        .match(/.{1,76}/gu) ?? []),
      'KICKSTART',
      `sed 's#inst.ks=[^ ]*#inst.ks=file:/bad-${index}.cfg#' /proc/cmdline >/tmp/cmdline`,
      'mount --bind /tmp/cmdline /proc/cmdline',
      '/usr/libexec/anaconda </dev/null >/tmp/said 2>&1',
      `echo "ENDED ${index} $? $(head -c 4M /dev/vda | tr -d '\\0' | wc -c) $(base64 -w0 /tmp/said)"`,
      'umount /proc/cmdline',
      ...(index === 0
        ? ['basename "$(readlink /sys/block/vdb/device)" >/sys/bus/virtio/drivers/virtio_blk/unbind', 'udevadm settle']
        : []),
    ].join('\n'),
  );
  return ['%pre --erroronfail', ...runs, 'echo ALL ENDED', 'exit 1', '%end', ''].join('\n');
}

/**
 * Gives several kickstarts to the installer of one machine: all of them have to be refused before the disk is touched. A
 * machine takes minutes to come so far, and the installer, seconds.
 *
 * @param options of the machine; it has a second disk, and the first kickstart finds both
 * @returns how each ended, in their order
 */
export async function endsOf(
  kickstarts: readonly string[],
  flat: string,
  options: Omit<InstallOptions, 'kickstart'>,
): Promise<Ended[]> {
  const failed = await install({
    ...options,
    kickstart: { name: 'driver.cfg', text: `${flat}\n${driver(kickstarts)}` },
  }).then(
    () => undefined,
    (error: unknown) => error,
  );
  const log = readFileSync(join(options.logsDir, 'installer.log'), 'utf8');
  if (!(failed instanceof DeployError) || !log.includes('ALL ENDED'))
    throw failed instanceof Error ? failed : new Error('the installation of all of them went on');
  return kickstarts.map((text, index) => {
    const [, status = '', written = '', said = ''] =
      new RegExp(`ENDED ${index} (\\d+) (\\d+) ([\\w+/=]*)`, 'u').exec(log) ?? [];
    const monitor = new InstallMonitor({ onPhase() {}, onProgress() {}, onFailure() {} }, text);
    for (const line of Buffer.from(said, 'base64').toString().split('\n')) monitor.line('console', line, 0);
    const { failure } = monitor;
    const problem =
      status !== '1'
        ? `the installer ended with ${status}`
        : written !== '0'
          ? 'it has written on the disk'
          : undefined;
    const ended = { message: failure?.lines.join('\n') ?? '', kickstartLine: failure?.kickstartLine, problem };
    return { phase: monitor.phase, cause: failure?.cause ?? 'none', ...ended };
  });
}
