import { renderDiagnostic } from '@phyllome/flattener';
import { lint } from '@phyllome/flattener/lint';
import { messageOf } from '@phyllome/host';
import { lintConfigs, lintLeaf } from '@phyllome/language-server/lint-leaves';
import {
  type FlatLeaf,
  type Workspace,
  editionOf,
  flatPath,
  isLive,
  kickstartRelease,
  leafOfEdition,
  leafPath,
  readRelease,
  writeFlat,
} from '@phyllome/pipeline';
import type { Command } from 'commander';
import type { Context, Example } from '../command.ts';
import { Followers } from '../dev/follow.ts';
import { type Changes, LastGood, isBroken, readMoment, whatTheyBecome } from '../dev/state.ts';
import { leafChanges } from '../dev/watch.ts';
import { explain } from '../explain.ts';
import { printNote } from '../print.ts';
import { say } from '../render.ts';
import { renderKickstartDiff } from './diff.ts';

export const examples: readonly Example[] = [
  ['phyllome dev dhi', 'flatten and lint at every save, and say what changed in meaning'],
  ['phyllome dev dhi --build', 'also build the ISO after every change'],
  ['phyllome dev dhi --boot', 'also build and boot it'],
];

interface DevFlags {
  build: boolean;
  boot: boolean;
}

export function define(command: Command, context: Context): void {
  command
    .argument('<edition>', 'an edition, as dhi; or a leaf, as ldhi')
    .option('--build', 'build its ISO after every change that is sound', false)
    .option('--boot', 'build it and boot it', false)
    .action(async (name: string, flags: DevFlags) => {
      await devCommand(context.open(), name, flags, context.signal);
    });
}

/**
 * `phyllome dev EDITION`: at every save flattens the edition's leaf, writes `flat/`, lints it, and says what has changed
 * in meaning since it was last sound, and which other leaves a change reaches. Whatever is broken meanwhile is reported,
 * and the last good state stays.
 *
 * It ends at `q` on standard input, or when the signal fires.
 *
 * @throws {PipelineError} UNKNOWN_EDITION
 * @throws the signal's reason
 */
export async function devCommand(
  workspace: Workspace,
  name: string,
  { build, boot }: DevFlags,
  signal: AbortSignal,
): Promise<void> {
  const leaf = workspace.leaves.includes(name) && isLive(name) ? name : leafOfEdition(workspace, name);
  const edition = editionOf(leaf);
  const commands = [...(build || boot ? [['build', edition]] : []), ...(boot ? [['up', edition]] : [])];
  await using followers = new Followers(workspace.root, commands);
  using keys = quitKey();
  const session = new Session(workspace.root, leaf, followers);
  for await (const paths of leafChanges(workspace.root, AbortSignal.any([signal, keys.signal])))
    await session.look(paths);
  signal.throwIfAborted();
  say('quit');
}

/** One run of the command: what was last sound, and what was reported of it. */
class Session {
  readonly #root: string;
  readonly #leaf: string;
  readonly #followers: Followers;
  readonly #lastGood = new LastGood();
  #isFirst = true;

  constructor(root: string, leaf: string, followers: Followers) {
    this.#root = root;
    this.#leaf = leaf;
    this.#followers = followers;
  }

  /** Looks at the leaves as they are now. `paths` are what was saved; none at the start. */
  async look(paths: readonly string[]): Promise<void> {
    if (paths.length > 0) say(`\nsaved: ${paths.join(', ')}`);
    try {
      const { workspace, moment } = readMoment(this.#root);
      const before = this.#lastGood.get(this.#leaf);
      const changes = this.#lastGood.update(moment, this.#leaf);
      const flat = moment.leaves.get(this.#leaf);
      if (flat === undefined) printNote(`${leafPath(this.#leaf)} is gone; waiting for it to come back`);
      else if (flat instanceof Error) this.#reportBroken(flat, workspace);
      else await this.#reportSound(workspace, flat, changes, before === undefined);
      reportOthers(changes, this.#leaf, this.#isFirst);
    } catch (error) {
      if (!isBroken(error)) throw error;
      this.#reportBroken(error, undefined);
    }
    this.#isFirst = false;
    say(`watching leaves/ for ${this.#leaf}: q and Enter quits`);
  }

  #reportBroken(error: Error, workspace: Workspace | undefined): void {
    printNote(explain(error, workspace));
    const isKept = this.#lastGood.get(this.#leaf) !== undefined;
    printNote(isKept ? `${flatPath(this.#leaf)} stays as it last was` : `${flatPath(this.#leaf)} is not written`);
  }

  async #reportSound(workspace: Workspace, flat: FlatLeaf, { diff }: Changes, isNew: boolean): Promise<void> {
    const isWritten = await writeFlat(workspace, flat);
    const errors = await reportFindings(workspace, this.#leaf);
    say(`${flatPath(this.#leaf)}: ${isWritten ? 'written' : 'fresh'}, ${flat.origins.length} lines`);
    if (diff !== undefined) say(renderKickstartDiff(diff, 'last good state', 'now'));
    else if (!isNew) say(`${this.#leaf} means the same as before`);
    if (errors === 0 && (isNew || diff !== undefined)) await this.#followers.restart();
  }
}

/** Prints what lint finds, without shellcheck, which takes longer than a save should. */
async function reportFindings(workspace: Workspace, leaf: string): Promise<number> {
  const findings = await lint({
    ...workspace,
    release: kickstartRelease(readRelease(workspace)),
    leaves: [{ ...(await lintLeaf(workspace, leaf)), config: lintConfigs(workspace)(leafPath(leaf)) }],
  });
  for (const finding of findings) printNote(renderDiagnostic(finding, workspace.readFile));
  return findings.filter(({ severity }) => severity === 'error').length;
}

function reportOthers({ reached, added, removed, broken }: Changes, watched: string, isFirst: boolean): void {
  if (reached.length > 0) say(`reaches ${whatTheyBecome(reached)}`);
  if (!isFirst && added.length > 0) say(`new or sound again: ${added.join(', ')}`);
  if (removed.length > 0) say(`gone: ${removed.join(', ')}`);
  const others = [...broken].filter(([leaf]) => leaf !== watched);
  const first = others[0]?.[1];
  if (first !== undefined) {
    printNote(`broken, too: ${others.map(([leaf]) => leaf).join(', ')}\n  ${messageOf(first).split('\n', 1)[0] ?? ''}`);
  }
  const stale = reached.filter((leaf) => leaf !== watched);
  if (stale.length > 0) say(`then write their flat kickstarts: phyllome flatten ${stale.join(' ')}`);
}

/** Fires at `q` on standard input. Its end means nothing: there may be none. */
function quitKey(): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const { stdin } = process;
  const read = (chunk: Buffer): void => {
    if (/^\s*q/m.test(chunk.toString())) controller.abort();
  };
  stdin.on('data', read);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      stdin.off('data', read);
      stdin.pause();
      stdin.unref();
    },
  };
}
