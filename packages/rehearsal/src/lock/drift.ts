import { parseLock, type Pin } from './lock-file.ts';

/** What a build has in place of what is locked. */
export interface Drift {
  /** In another version than the locked one. */
  changed: { name: string; locked: string; installed: string }[];
  /** Not in the lock file at all. */
  unlocked: string[];
}

/** Compares packages with their pins. Pure. */
export function driftOf(pins: readonly Pin[], packages: readonly { name: string; version: string }[]): Drift {
  const locked = new Map(pins.map(({ name, version }) => [name, version]));
  const drift: Drift = { changed: [], unlocked: [] };
  for (const { name, version } of packages) {
    const pinned = locked.get(name);
    if (pinned === undefined) drift.unlocked.push(name);
    else if (pinned !== version) drift.changed.push({ name, locked: pinned, installed: version });
  }
  return drift;
}

export const driftSize = ({ changed, unlocked }: Drift): number => changed.length + unlocked.length;

/** For people: one line a package, at most `most`. Pure. */
export function describeDrift({ changed, unlocked }: Drift, most = Number.POSITIVE_INFINITY): string[] {
  const lines = [
    ...changed.map(({ name, locked, installed }) => `${name} ${installed}, locked is ${locked}`),
    ...unlocked.map((name) => `${name} is not locked`),
  ];
  const more = lines.length - most;
  return more > 0 ? [...lines.slice(0, most), `and ${more} more`] : lines;
}

/** What an update of a lock file does to one package: `from` is undefined when it is new, `to` when it is gone. */
export interface LockChange {
  name: string;
  from: string | undefined;
  to: string | undefined;
}

/** How the text of one lock file differs from that of another, sorted by name. Pure. */
export function lockChanges(before: string, after: string): LockChange[] {
  const [from, to] = [versionsIn(before), versionsIn(after)];
  return [...new Set([...from.keys(), ...to.keys()])]
    .toSorted()
    .map((name) => ({ name, from: from.get(name), to: to.get(name) }))
    .filter((change) => change.from !== change.to);
}

const versionsIn = (lock: string): Map<string, string> =>
  new Map(parseLock(lock).map(({ name, version }) => [name, version]));
