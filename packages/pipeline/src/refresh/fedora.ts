import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, type Kickstart, optionValue } from '@phyllome/flattener';
import { shellQuote } from '@phyllome/host';
import { type AnyEngine, type Builder, runInBuilder } from '@phyllome/iso-builder';
import { PipelineError } from '../errors.ts';
import { isPackage, type RecordedPackage } from '../image/recorded-packages.ts';

/** What `resolve.py` is asked: the kickstart's repositories and selection, as anaconda gives them to DNF. */
export interface Wanted {
  release: string;
  weakDependencies: boolean;
  repositories: Repository[];
  /** Packages, `@groups` and the `@^environment`. */
  install: string[];
  excluded: string[];
}

interface Repository {
  name: string;
  baseurl?: string;
  mirrorlist?: string;
  metalink?: string;
  includepkgs: string[];
  excludepkgs: string[];
}

/** For DNF to read the repositories and resolve; with a slow mirror too. */
const longestMs = 15 * 60_000;

/**
 * The packages that a distribution's repositories would come to today for a kickstart: DNF's library, in a container of
 * lorax's builder, or on this machine where that is what builds, resolves what anaconda would. Nothing is installed.
 *
 * @throws {PipelineError} PACKAGES_UNRESOLVED
 * @throws {IsoBuildError} when the engine or the builder's image fails
 */
export async function resolveRpms(
  wanted: Wanted,
  { engine, builder, signal }: { engine: AnyEngine; builder: Builder; signal: AbortSignal },
): Promise<RecordedPackage[]> {
  const program = readFileSync(join(import.meta.dirname, 'resolve.py'), 'utf8');
  const script = `python3 -c ${shellQuote(program)} ${shellQuote(JSON.stringify(wanted))}`;
  return parseResolved(await runInBuilder(engine, builder, script, { signal, longestMs }));
}

/** A kickstart's repositories and packages in DNF's words. Pure. */
export function wantedOf({ commands, packages }: Kickstart, release: string): Wanted {
  const excluded = packages?.excludedGroups ?? [];
  const groups = (packages?.groups ?? []).map(({ name }) => name).filter((name) => !excluded.includes(name));
  const core = packages?.options.nocore === true || groups.includes('core') ? [] : ['core'];
  return {
    release,
    weakDependencies: packages?.options.excludeWeakdeps !== true,
    repositories: commands
      .filter(({ name }) => name === 'url' || name === 'repo')
      .map((command, index) => repositoryOf(command, index)),
    install: [
      ...(packages?.environment === undefined ? [] : [`@^${packages.environment}`]),
      ...[...core, ...groups].map((name) => `@${name}`),
      ...(packages?.names ?? []),
    ],
    excluded: [...(packages?.excluded ?? [])],
  };
}

function repositoryOf(command: Command, index: number): Repository {
  const value = (option: string): string | undefined => {
    const found = optionValue(command, option);
    return typeof found === 'string' ? found : undefined;
  };
  const list = (option: string): string[] => value(option)?.split(',').filter(Boolean) ?? [];
  const given = {
    baseurl: value(command.name === 'url' ? '--url' : '--baseurl'),
    mirrorlist: value('--mirrorlist'),
    metalink: value('--metalink'),
  };
  return {
    name: value('--name') ?? `source-${index}`,
    ...Object.fromEntries(Object.entries(given).filter(([, url]) => url !== undefined)),
    includepkgs: list('--includepkgs'),
    excludepkgs: list('--excludepkgs'),
  };
}

/**
 * The packages that `resolve.py` printed. Pure.
 *
 * @throws {PipelineError} PACKAGES_UNRESOLVED, with DNF's own words
 */
export function parseResolved(lines: readonly string[]): RecordedPackage[] {
  const of = (kind: string): string[] =>
    lines.filter((line) => line.startsWith(`${kind} `)).map((line) => line.slice(kind.length + 1));
  const problems = of('E');
  const packages = of('P').map((line) => {
    const [name = '', version = '', arch = ''] = line.split(' ');
    return { name, version, arch };
  });
  const foreign = packages.find((one) => !isPackage(one));
  if (problems.length === 0 && lines.at(-1) === 'end' && foreign === undefined && packages.length > 0) return packages;
  const said = problems.length > 0 ? problems : lines.filter((line) => !line.startsWith('P ')).slice(-5);
  throw new PipelineError(
    'PACKAGES_UNRESOLVED',
    ['DNF cannot say what it would install', ...said.map((line) => `  ${line}`)].join('\n'),
    { hint: 'check that the repositories of the kickstart answer, and that all its packages are in them' },
  );
}
