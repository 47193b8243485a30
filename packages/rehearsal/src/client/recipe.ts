import { editionArchitecture } from '@phyllome/host/architecture';
import { createHash } from 'node:crypto';
import { parseJson } from '@phyllome/host/json';
import { dpkgOptions } from '../install/mmdebstrap.ts';
import { aptPreferences, type Pin } from '../lock/lock-file.ts';

/** What the builder's root file system is made of: `containers/rehearsal/rootfs.json`. */
export interface RootfsRecipe {
  suite: string;
  variant: string;
  packages: string[];
}

/** @throws {TypeError} when the file is not a recipe. */
export function parseRecipe(text: string): RootfsRecipe {
  const recipe = parseJson(text);
  const { suite, variant, packages }: Partial<Record<keyof RootfsRecipe, unknown>> =
    typeof recipe === 'object' && recipe !== null ? recipe : {};
  if (typeof suite !== 'string' || typeof variant !== 'string' || !Array.isArray(packages))
    throw new TypeError('containers/rehearsal/rootfs.json needs suite, variant and packages');
  return { suite, variant, packages: packages.map(String) };
}

/**
 * The command line of mmdebstrap for the builder's own root file system. It is given no mirror: its default serves.
 * Documentation is left out; licences stay.
 */
export const rootfsArgv = (
  { suite, variant, packages }: RootfsRecipe,
  tar: string,
  pins: readonly Pin[] = [],
): string[] => [
  'mmdebstrap',
  `--variant=${variant}`,
  '--format=tar',
  `--architectures=${editionArchitecture.debian}`,
  '--quiet',
  '--aptopt=APT::Install-Recommends "false"',
  '--aptopt=Acquire::Retries "3"',
  ...dpkgOptions({ manuals: false, languages: [] }),
  ...(packages.length === 0 ? [] : [`--include=${packages.toSorted().join(',')}`]),
  ...(pins.length === 0 ? [] : pinHooks(pins)),
  suite,
  tar,
];

/** The locked versions come before any other while apt installs; the image itself is not pinned to them. */
function pinHooks(pins: readonly Pin[]): string[] {
  const file = '"$1/etc/apt/preferences.d/rehearsal-lock"';
  return [
    `--setup-hook=mkdir -p "$1/etc/apt/preferences.d" && cat >${file} <<'END'\n${aptPreferences(pins)}END`,
    `--customize-hook=rm ${file}`,
  ];
}

/** Content key of what the recipe makes, apart from the state of the mirror on the day. */
export const recipeKey = (recipe: RootfsRecipe, pins: readonly Pin[] = []): string =>
  createHash('sha256')
    .update(JSON.stringify(rootfsArgv(recipe, '-', pins)))
    .digest('hex');
