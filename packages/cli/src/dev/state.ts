import type { Flattened } from '@phyllome/flattener';
import { type KickstartDiff, diffKickstarts, isSame } from '@phyllome/flattener/diff';
import { ExplainedError, codeOf } from '@phyllome/host';
import { type FlatLeaf, type Workspace, editionOf, flattenLeaf, isLive, openWorkspace } from '@phyllome/pipeline';

/** Every leaf of a checkout as it flattens at one moment, or why it does not. */
export interface Moment {
  readonly leaves: ReadonlyMap<string, FlatLeaf | Error>;
}

/** What is between the last good state and now. */
export interface Changes {
  /** Of the watched leaf; `undefined` when it means the same. */
  readonly diff: KickstartDiff | undefined;
  /** Leaves that mean something else now, the watched one included. */
  readonly reached: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly broken: ReadonlyMap<string, Error>;
}

/** What went wrong with files that are being edited, and may be right again with the next save. */
export function isBroken(error: unknown): error is Error {
  return error instanceof ExplainedError || (error instanceof Error && codeOf(error) !== undefined);
}

/**
 * Flattens all leaves as they are on the disk now.
 *
 * @throws what {@link isBroken} knows, when there is no checkout any more, or its release cannot be read
 */
export function readMoment(root: string): { workspace: Workspace; moment: Moment } {
  const workspace = openWorkspace(root);
  const leaves = workspace.leaves.map((leaf): [string, FlatLeaf | Error] => {
    try {
      return [leaf, flattenLeaf(workspace, leaf)];
    } catch (error) {
      if (!isBroken(error)) throw error;
      return [leaf, error];
    }
  });
  return { workspace, moment: { leaves: new Map(leaves) } };
}

/** The last good state of each leaf: what `changesSince` compares with. Leaves that are gone are forgotten. */
export class LastGood {
  readonly #flat = new Map<string, FlatLeaf>();

  get(leaf: string): FlatLeaf | undefined {
    return this.#flat.get(leaf);
  }

  /** What has changed in meaning since then. From now on, this is the last good state of what is not broken. */
  update({ leaves }: Moment, watched: string): Changes {
    const added: string[] = [];
    const reached: string[] = [];
    const broken = new Map<string, Error>();
    let diff: KickstartDiff | undefined;
    for (const [leaf, now] of leaves) {
      if (now instanceof Error) {
        broken.set(leaf, now);
        continue;
      }
      const before = this.#flat.get(leaf);
      this.#flat.set(leaf, now);
      if (before === undefined) added.push(leaf);
      else if (before.text !== now.text) {
        const found = meaning(before, now);
        if (found === undefined) continue;
        reached.push(leaf);
        if (leaf === watched) diff = found;
      }
    }
    const removed = [...this.#flat.keys()].filter((leaf) => !leaves.has(leaf));
    for (const leaf of removed) this.#flat.delete(leaf);
    return { diff, reached, added, removed, broken };
  }
}

function meaning(before: Flattened, now: Flattened): KickstartDiff | undefined {
  const diff = diffKickstarts(before.kickstart, now.kickstart);
  return isSame(diff) ? undefined : diff;
}

/** `editions dhi, dha; installations dhi`: leaves by what they become. */
export function whatTheyBecome(leaves: readonly string[]): string {
  const isos = leaves.filter(isLive).map(editionOf);
  const installations = leaves.filter((leaf) => !isLive(leaf));
  const parts: [string, string[]][] = [
    ['ISOs', isos],
    ['installations', installations],
  ];
  return parts.flatMap(([what, names]) => (names.length === 0 ? [] : [`${what}: ${names.join(', ')}`])).join('; ');
}
