import { VmTesterError } from '../errors.ts';
import { LINK } from '../qemu/command-line.ts';
import type { Execute } from '../qmp/job.ts';

/**
 * Leads a free TCP port of this host's loopback to one of the guest, through QEMU's user network. QEMU has only its
 * human monitor for this.
 * @returns the port of this host
 * @throws {VmTesterError} QMP_COMMAND when QEMU refuses
 */
export async function forwardPort(qmp: Execute, guestPort: number): Promise<number> {
  const ask = async (line: string) => String(await qmp('human-monitor-command', { 'command-line': line })).trim();
  const before = forwardedTo(await ask('info usernet'), guestPort);
  const refused = await ask(`hostfwd_add ${LINK} tcp:127.0.0.1:0-:${guestPort}`);
  if (refused !== '') throw notForwarded(guestPort, refused);
  const table = await ask('info usernet');
  const port = forwardedTo(table, guestPort).find((one) => !before.includes(one));
  if (port === undefined) throw notForwarded(guestPort, table);
  return port;
}

function notForwarded(guestPort: number, why: string): VmTesterError {
  return new VmTesterError('QMP_COMMAND', `QEMU forwards nothing to port ${guestPort}: ${why}`, {
    hint: 'qmp.jsonl in the artifacts has what it was asked',
  });
}

/** The host's ports in QEMU's table: `TCP[HOST_FORWARD]  12  127.0.0.1 34567  10.0.2.15  22  0  0`. */
export function forwardedTo(table: string, guestPort: number): number[] {
  const rows = table.matchAll(/TCP\[HOST_FORWARD\]\s+\d+\s+\S+\s+(?<host>\d+)\s+\S+\s+(?<guest>\d+)/gu);
  return [...rows].flatMap(({ groups }) => (Number(groups?.['guest']) === guestPort ? [Number(groups?.['host'])] : []));
}
