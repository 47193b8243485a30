import { readFile } from 'node:fs/promises';
import type { Builder } from '../build/builder.ts';
import type { Engine } from '../engine/engine.ts';
import { type EngineInfo, hasUserNamespaces } from '../engine/info.ts';

/**
 * A user name space for a builder's container: root in it is a user without any rights outside. Rootless Podman and Docker
 * with `userns-remap` have one by themselves. Podman of root gives one to a container that asks for it, out of the ids that
 * `/etc/subuid` and `/etc/subgid` reserve for the user `containers` (podman-run(1), `--userns=auto`).
 *
 * Podman would take the first ids that are free, others for each container, and no container could read the cache of one
 * before: so these are always the first of that user's. Their cache is a volume of its own.
 */
export interface UserNamespace {
  /** As Podman's API has it. */
  readonly mode: string;
}

/** Ids that Debian's and Fedora's systems use: `nobody` is 65534. */
const size = 65_536;

/** In whose name Podman finds ids for its containers. */
const owner = 'containers';

/**
 * The user name space that a builder's container can have beyond what its engine does by itself; undefined: none.
 *
 * @param info as the engine reports it
 * @param files the two of this machine, which must be the engine's
 */
export async function userNamespaceFor(
  engine: Pick<Engine, 'kind' | 'local'>,
  { privileges }: Pick<Builder, 'privileges'>,
  { info, files = ['/etc/subuid', '/etc/subgid'] }: { info: EngineInfo; files?: [string, string] },
): Promise<UserNamespace | undefined> {
  if (engine.kind !== 'podman' || !engine.local || hasUserNamespaces(info)) return undefined;
  // Loop devices and the host's /dev are the host's root's alone.
  if (privileges.loopDevices || privileges.hostDev) return undefined;
  const [uid, gid] = await Promise.all(
    files.map(async (path) => firstId(await readFile(path, 'utf8').catch(() => ''))),
  );
  if (uid === undefined || gid === undefined) return undefined;
  return { mode: `auto:size=${size},uidmapping=0:${uid}:${size},gidmapping=0:${gid}:${size}` };
}

/** The first of enough ids that are reserved for containers; undefined when there are none (subuid(5)). Pure. */
export function firstId(text: string): number | undefined {
  for (const line of text.split('\n')) {
    const [name, first = '', count = ''] = line.trim().split(':');
    // 0 would be root itself.
    if (name === owner && /^[1-9]\d{0,9}$/u.test(first) && /^\d{1,10}$/u.test(count) && Number(count) >= size)
      return Number(first);
  }
  return undefined;
}
