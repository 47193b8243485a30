/** A unit as systemd sees it (org.freedesktop.systemd1(5)). */
export interface UnitInfo {
  name: string;
  description: string;
  /** `loaded`, `not-found`, `masked`… */
  load: string;
  /** `active`, `inactive`, `failed`, `activating`… */
  active: string;
  /** `running`, `exited`, `dead`, `mounted`… */
  sub: string;
  /** Why it failed, if it did: `exit-code`, `timeout`, `signal`… */
  result: string;
  /** A job for it is queued or runs. */
  job: boolean;
  restarts: number;
}

/** How long each stage of the last boot took, after systemd's own clock. */
export interface BootTime {
  /** Only of UEFI firmware that reports it. */
  firmwareMs?: number;
  loaderMs?: number;
  kernelMs: number;
  initrdMs?: number;
  userspaceMs: number;
  /** From the kernel's start to the end of the last start job. */
  totalMs: number;
}

const UNIT_PROPERTIES = 'Id,Description,LoadState,ActiveState,SubState,Result,Job,NRestarts';
export const SHOW_UNIT = ['show', `--property=${UNIT_PROPERTIES}`];

/** Units that `systemctl show` printed, a blank line between two. */
export function parseUnits(text: string): UnitInfo[] {
  return text
    .split(/\n{2,}/)
    .map(parseProperties)
    .filter((unit) => unit['Id'] !== undefined)
    .map((unit) => ({
      name: unit['Id'] ?? '',
      description: unit['Description'] ?? '',
      load: unit['LoadState'] ?? '',
      active: unit['ActiveState'] ?? '',
      sub: unit['SubState'] ?? '',
      result: unit['Result'] ?? '',
      job: (unit['Job'] ?? '0') !== '0' && unit['Job'] !== '',
      restarts: Number(unit['NRestarts'] ?? 0),
    }));
}

const TIMESTAMPS = ['FirmwareTimestamp', 'LoaderTimestamp', 'InitRDTimestamp', 'UserspaceTimestamp', 'FinishTimestamp'];
export const SHOW_TIMES = ['show', ...TIMESTAMPS.map((name) => `--property=${name}Monotonic`)];

/**
 * What the manager's monotonic timestamps say, in microseconds since the kernel's start; those of the firmware and the
 * loader count backwards from it. As in systemd-analyze(1).
 */
export function parseBootTime(text: string): BootTime {
  const properties = parseProperties(text);
  const [firmware = 0, loader = 0, initrd = 0, userspace = 0, finish = 0] = TIMESTAMPS.map(
    (name) => Number(properties[`${name}Monotonic`] ?? 0) / 1000,
  );
  return {
    ...(firmware > 0 && { firmwareMs: Math.round(firmware - loader) }),
    ...(loader > 0 && { loaderMs: Math.round(loader) }),
    kernelMs: Math.round(initrd > 0 ? initrd : userspace),
    ...(initrd > 0 && { initrdMs: Math.round(userspace - initrd) }),
    userspaceMs: Math.round(finish - userspace),
    totalMs: Math.round(finish),
  };
}

function parseProperties(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line.includes('='));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}
