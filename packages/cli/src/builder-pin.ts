import {
  type FedoraRelease,
  type Workspace,
  endOfLife,
  readRelease,
  releasePath,
  writeIfChanged,
} from '@phyllome/pipeline';
import { digestOfTag } from './registry/digest.ts';
import { CliError } from './errors.ts';
import { say } from './render.ts';

export interface BuilderPinOptions {
  /** Say whether it would change, and write nothing. */
  check: boolean;
  /** Another repository than the one that is pinned: `quay.io/fedora/fedora`. */
  from?: string | undefined;
  signal: AbortSignal;
}

/**
 * `phyllome builder pin`: asks the registry which digest the release's base image has today, writes it into
 * `release.json`, and says until when the release is maintained.
 *
 * @throws {CliError} REGISTRY_UNREACHABLE, IMAGE_NOT_FOUND; PIN_STALE with `check`, when it has another digest
 */
export async function builderPinCommand(workspace: Workspace, options: BuilderPinOptions): Promise<void> {
  const release = readRelease(workspace);
  const image = options.from ?? release.base.image;
  if (!/^[a-z0-9][a-z0-9.:-]*(?:\/[a-z0-9][a-z0-9._-]*)+$/.test(image)) {
    throw new CliError('BAD_OPTION', `--from ${image}: not a repository of a registry`, {
      hint: 'name it with its host and without a tag: quay.io/fedora/fedora',
    });
  }
  const tag = String(release.fedora);
  const { digest, isIndex } = await digestOfTag({ image, tag }, options.signal);
  const isSame = image === release.base.image && tag === release.base.tag && digest === release.base.digest;
  const what = `${image}:${tag}`;
  if (isSame) {
    say(`${what} still is ${digest}, as pinned on ${release.base.pinned}`);
  } else if (options.check) {
    throw new CliError('PIN_STALE', `${what} is ${digest}; pinned is ${release.base.image}@${release.base.digest}`, {
      hint: 'phyllome builder pin',
    });
  } else {
    await writeIfChanged(workspace, releasePath, pinned(release, { image, tag, digest }));
    say(`${releasePath}: ${what} is ${digest}`);
  }
  if (!isIndex) say(`note: this is the image of one platform, not an index of all`);
  say(lifeOf(release.fedora, new Date()));
}

/** `release.json` with another base. The fallback of another release is of that release. */
function pinned(release: FedoraRelease, base: Pick<FedoraRelease['base'], 'image' | 'tag' | 'digest'>): string {
  const fallback = `${release.base.fallback.replace(/:[^:/]*$/, '')}:${base.tag}`;
  const today = new Date().toISOString().slice(0, 10);
  const { $schema, fedora } = release;
  const next: FedoraRelease = {
    ...($schema !== undefined && { $schema }),
    fedora,
    base: { ...base, pinned: today, fallback },
  };
  return `${JSON.stringify(next, undefined, 2)}\n`;
}

/** Until when a release gets updates, and whether it is time to move on. */
export function lifeOf(fedora: number, now: Date): string {
  const end = endOfLife(fedora);
  const month = now.toISOString().slice(0, 7);
  if (month > end) return `warning: Fedora ${fedora} has had no updates since about ${end}: move to a newer one`;
  const left = monthsBetween(month, end);
  const maintained = `Fedora ${fedora} is maintained until about ${end}`;
  return left <= 2 ? `warning: ${maintained}: move to ${fedora + 1}, by "fedora" in ${releasePath}` : maintained;
}

function monthsBetween(from: string, to: string): number {
  const [fromYear = 0, fromMonth = 0] = from.split('-').map(Number);
  const [toYear = 0, toMonth = 0] = to.split('-').map(Number);
  return (toYear - fromYear) * 12 + toMonth - fromMonth;
}
