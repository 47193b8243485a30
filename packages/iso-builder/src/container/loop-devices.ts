import { readdir } from 'node:fs/promises';
import type Docker from 'dockerode';
import type { Engine } from '../engine/engine.ts';
import { runScript } from './run-script.ts';

/**
 * What a container needs to take loop devices: all of them, block major 7, since the kernel makes one when none is free,
 * and /dev/loop-control, which `losetup --find` asks for a free one (Linux, `admin-guide/devices.txt`).
 */
const RULES = ['b 7:* rwm', 'c 10:237 rwm'];

const CONTROL = '/dev/loop-control';

/** The part of a container's configuration that grants loop devices. Pure. */
export function deviceGrants(nodes: readonly string[]): Pick<Docker.HostConfig, 'DeviceCgroupRules' | 'Devices'> {
  return {
    DeviceCgroupRules: [...RULES],
    ...(nodes.length === 0
      ? {}
      : { Devices: nodes.map((node) => ({ PathOnHost: node, PathInContainer: node, CgroupPermissions: 'rwm' })) }),
  };
}

/**
 * The nodes that have to be named one by one: none, where the engine applies rules. Podman before 4.4 drops them when they
 * come over Docker's API (fixed in containers/podman 4.4), and takes named devices. Those are the ones that are there now:
 * when all of them are in use, the one that the kernel then makes is out of reach.
 *
 * @throws {IsoBuildError} ENGINE_REFUSED, ENGINE_LOST
 */
export async function nodesToName(engine: Engine, imageId: string): Promise<string[]> {
  if (!needsNames(engine)) return [];
  const names = engine.local ? await readdir('/dev').catch(() => []) : await namesThere(engine, imageId);
  const loops = names
    .filter((name) => /^loop\d+$/u.test(name))
    .toSorted((a, b) => Number(a.slice(4)) - Number(b.slice(4)));
  // One that is not there cannot be named: the container would not start, and the preflight says why anyway.
  return [...(names.includes('loop-control') ? [CONTROL] : []), ...loops.map((name) => `/dev/${name}`)];
}

/** Does the engine drop rules? Pure. */
export function needsNames({ kind, version }: Pick<Engine, 'kind' | 'version'>): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return kind === 'podman' && (major < 4 || (major === 4 && minor < 4));
}

/** What is in /dev of an engine's machine elsewhere, through a container that sees it. */
async function namesThere(engine: Engine, imageId: string): Promise<string[]> {
  const hostConfig = { Binds: ['/dev:/dev:ro'] };
  const lines = await runScript(engine, { imageId, builder: 'look', script: 'ls /dev', hostConfig });
  return lines.map((line) => line.trim());
}
