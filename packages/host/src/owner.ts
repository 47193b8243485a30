import { hash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { codeOf } from './errors.ts';
import { startTimeOf } from './process.ts';

/**
 * Who made a container or a temporary directory: `host~pid-namespace~pid~start-time`. A leftover is known by an owner
 * that was on this host, in this namespace of process ids, and is gone. The start time distinguishes a recycled id from the
 * process that had it (proc(5), `/proc/pid/stat`, field 22).
 */
export interface Owner {
  readonly host: string;
  readonly namespace: string;
  readonly pid: number;
  readonly startTime: string;
}

function namespaceOf(): string {
  try {
    return /\d+/u.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}

/**
 * Who a machine is: its name, and a digest of its machine-id(5), where it has one. Many machines are called `fedora` or
 * `localhost`, and their first namespaces of process ids have the same number: on an engine that they share, each would
 * take the other's builds for those of dead processes. Pure.
 */
export function hostOf(name: string, machineId: string): string {
  const plain = name.replaceAll(/[^A-Za-z0-9.-]/gu, '-').slice(0, 20);
  return machineId.trim() === '' ? plain : `${plain}.${hash('sha256', `phyllome ${machineId.trim()}`).slice(0, 8)}`;
}

function readMachineId(): string {
  try {
    return readFileSync('/etc/machine-id', 'utf8');
  } catch {
    return '';
  }
}

const own: Owner = {
  host: hostOf(hostname(), readMachineId()),
  namespace: namespaceOf(),
  pid: process.pid,
  startTime: startTimeOf(process.pid) ?? '0',
};

/** This process, in the form of labels and directory names. */
export const ownOwner = `${own.host}~${own.namespace}~${own.pid}~${own.startTime}`;

/** Reads the form of {@link ownOwner}; what follows a fifth `~` is ignored. */
export function parseOwner(text: string): Owner | undefined {
  const match = /^(?<host>[^~]+)~(?<namespace>\d+)~(?<pid>\d+)~(?<startTime>\d+)(?:~|$)/u.exec(text)?.groups;
  return match === undefined
    ? undefined
    : {
        host: match['host'] ?? '',
        namespace: match['namespace'] ?? '',
        pid: Number(match['pid']),
        startTime: match['startTime'] ?? '',
      };
}

/** Whether its processes can be seen from here: they are of this machine, and this name space of process ids. */
export function isHere(owner: Owner): boolean {
  return owner.host === own.host && owner.namespace === own.namespace;
}

/** False only when it is certain: another host's or namespace's processes cannot be seen from here. */
export function isAlive(owner: Owner): boolean {
  if (!isHere(owner)) return true;
  if (owner.startTime !== '0') return startTimeOf(owner.pid) === owner.startTime;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}
