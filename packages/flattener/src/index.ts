/**
 * The kickstart engine: parses kickstarts without loss, follows their includes, checks them by the grammar of a release,
 * and prints one flat kickstart whose every line knows its origin. For tools that read or write kickstarts; all else here
 * builds on it. The core does no input or output, and nothing is executed: scripts are text. It is not a template engine,
 * and it does not decide what an installer does with a kickstart.
 *
 * `@phyllome/flattener/lint` and `/diff` build on this entry, `/pykickstart` is ksflatten, ksvalidator and ksverdiff over
 * the same engine, `/commands` the table of commands and releases.
 */
export { checkLive } from './check-live.ts';
export { closure } from './closure.ts';
export type { Argument } from './commands/arguments.ts';
export { type Diagnostic, type DiagnosticCode, KickstartError, type KickstartErrorCode } from './diagnostics.ts';
export { type FlattenOptions, type Flattened, flatten } from './flatten.ts';
export { type IncludeOptions, includeCandidates } from './include.ts';
export {
  type Command,
  type Kickstart,
  type Origin,
  type OtherSection,
  type PackageEntry,
  type PackageGroup,
  type PackageOptions,
  type Packages,
  type Script,
  type ScriptType,
  optionValue,
} from './kickstart.ts';
export type { Blank, CommandLine, Comment, Include, KickstartFile, Node, Section, StrayEnd, Text } from './nodes.ts';
export { SECTIONS, parse } from './parse.ts';
export { print } from './print.ts';
export { DEFAULT_RELEASE } from './release.ts';
export { renderDiagnostic } from './render-diagnostic.ts';
export {
  type Line,
  type Located,
  type Position,
  type ReadDirectory,
  type ReadFile,
  UnreadableFile,
  splitLines,
} from './source.ts';
export {
  type MappedLine,
  type Relation,
  type SourceMap,
  linesFrom,
  originAt,
  printSourceMap,
  readSourceMap,
  sourceMap,
} from './source-map.ts';
export { suggest } from './suggest.ts';
export type { Word } from './words.ts';
