import {
  type Base,
  type Release,
  type Target,
  type Workspace,
  distributions,
  endOfLife,
  readRelease,
  releasePath,
  releaseText,
  tagOf,
  targetName,
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
  const { base } = release;
  const image = options.from ?? base?.image ?? distributions[release.distribution].image;
  if (!/^[a-z0-9][a-z0-9.:-]*(?:\/[a-z0-9][a-z0-9._-]*)+$/.test(image)) {
    throw new CliError('BAD_OPTION', `--from ${image}: not a repository of a registry`, {
      hint: 'name it with its host and without a tag: quay.io/fedora/fedora',
    });
  }
  const tag = tagOf(release);
  const { digest, isIndex } = await digestOfTag({ image, tag }, options.signal);
  const what = `${image}:${tag}`;
  if (base !== undefined && image === base.image && tag === base.tag && digest === base.digest) {
    say(`${what} still is ${digest}, as pinned on ${base.pinned}`);
  } else if (options.check) {
    throw new CliError(
      'PIN_STALE',
      `${what} is ${digest}; pinned is ${base === undefined ? 'none' : `${base.image}@${base.digest}`}`,
      {
        hint: 'phyllome builder pin',
      },
    );
  } else {
    await writeIfChanged(workspace, releasePath, pinned(release, { image, tag, digest }));
    say(`${releasePath}: ${what} is ${digest}`);
  }
  if (!isIndex) say(`note: this is the image of one platform, not an index of all`);
  say(lifeOf(release, new Date()));
}

/** `release.json` with another base. The fallback of another release is of that release. */
function pinned(release: Release, base: Pick<Base, 'image' | 'tag' | 'digest'>): string {
  const elsewhere = release.base?.fallback.replace(/:[^:/]*$/, '') ?? distributions[release.distribution].fallback;
  const today = new Date().toISOString().slice(0, 10);
  return releaseText({ ...release, base: { ...base, pinned: today, fallback: `${elsewhere}:${base.tag}` } });
}

/** Until when a release gets updates, and whether it is time to move on. */
export function lifeOf(target: Target, now: Date): string {
  const end = endOfLife(target);
  const month = now.toISOString().slice(0, 7);
  const name = targetName(target);
  if (month > end) return `warning: ${name} has had no updates since about ${end}: move to a newer one`;
  const left = monthsBetween(month, end);
  const maintained = `${name} is maintained until about ${end}`;
  const { distribution, version } = target;
  return left <= 2
    ? `warning: ${maintained}: move to ${version + 1}, by "${distribution}" in ${releasePath}`
    : maintained;
}

function monthsBetween(from: string, to: string): number {
  const [fromYear = 0, fromMonth = 0] = from.split('-').map(Number);
  const [toYear = 0, toMonth = 0] = to.split('-').map(Number);
  return (toYear - fromYear) * 12 + toMonth - fromMonth;
}
