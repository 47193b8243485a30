/**
 * What a project decides for itself, as `phyllome.config.ts` says it. This file has types and
 * nothing that runs: a
 * configuration that imports it loads nothing else.
 */

import type { DistributionId } from '../distributions.ts';

/** A letter of the names of editions. */
export interface LetterConfig {
  /** What it stands for, as one word: checks and Nx tags go by it. `desktop` */
  word: string;
  /** What it adds to an edition, for people. `desktop: GNOME` */
  means?: string;
}

/** What is known of an edition beside its leaf. */
export interface EditionConfig {
  /** What it is, for people; else the first sentence of its leaf. */
  title?: string;
  /** The words that its checks and Nx tags go by, where its name is not made of letters. */
  traits?: string[];
}

/** Which checks an edition has to pass, beside that it boots. */
export interface ChecksConfig {
  /** The list of checks, below the workspace; `acceptance/catalogue.json` when not given. */
  catalogue?: string;
  /** Ids of checks of that list that are not made. */
  without?: string[];
}

/** Which builder is used where `PHYLLOME_BUILDER` is not set, and where lorax's is. */
export interface BuilderConfig {
  /** When not given lorax's own, which is called like the distribution of `release.json`. `rehearsal` makes ISOs that are not the product. */
  default?: DistributionId | 'rehearsal';
  /** The folder of lorax's builder, below `containers/`; the distribution's name when not given. */
  folder?: string;
}

/** All that a project decides for itself. Which release it is for stands in `release.json`: programs write that. */
export interface ProjectConfig {
  /** In the JSON form: the schema that editors complete and check it by. */
  $schema?: string;
  /** The product's name: in boot menus, in evidence, on the page of a release. `Phyllome OS` */
  title: string;
  /** What volume ids begin with and, in lower case, the names of ISOs: at most 12 of the 32 characters of ISO 9660. */
  volumeId?: string;
  /** Letters that names of editions are made of, in the order of names. `l` is taken: it makes a leaf a live medium. */
  letters?: Record<string, string | LetterConfig>;
  /** Editions of which more is to be said than their leaves and letters do, by name. */
  editions?: Record<string, EditionConfig>;
  /** `false`: an edition is judged by its boot alone, and there is no `acceptance/`. */
  checks?: ChecksConfig | false;
  builder?: BuilderConfig;
}

/**
 * Gives a configuration its type, for an editor to complete and the compiler to check. It is checked again when it is read,
 * since anybody may have written it. A configuration has it of `@phyllome/cli/config`:
 *
 *     export default defineConfig({ title: 'My Remix' });
 */
export function defineConfig(config: ProjectConfig): ProjectConfig {
  return config;
}
