/**
 * What each release knows of commands, sections and their options, for tools that explain and complete them: the same
 * tables by which kickstarts are read.
 */
export { type Life, insteadOf, lifeOf } from './history.ts';
export { type CommandSpec, type OptionSpec, RELEASE_NAMES, type Release, releaseNamed, takesValue } from './table.ts';
export { allowedValues } from './values.ts';
