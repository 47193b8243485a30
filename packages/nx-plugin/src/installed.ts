import { readFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import type { ProjectConfiguration, TargetConfiguration } from '@nx/devkit';
import { parseJson } from '@phyllome/host/json';
import { codeDigest } from '@phyllome/pipeline/code';
import * as z from 'zod';

/** The workspace of another project, which has these tools installed: their code is nowhere in it. */

type Inputs = NonNullable<TargetConfiguration['inputs']>;

/** The folder of this package: others are beside it. */
const ownFolder = resolve(import.meta.dirname, '..');

/** Whether the tools are sources of the workspace, as in their own checkout. */
export const areSourcesOf = (root: string): boolean => ownFolder.startsWith(resolve(root) + sep) && !isInstalled;

const isInstalled = ownFolder.split(sep).includes('node_modules');

/**
 * The same projects where the tools are installed: what decides an output is which tools these are, in place of their
 * sources, which Nx would look for in the workspace.
 */
export function withInstalledTools(project: Partial<ProjectConfiguration>): Partial<ProjectConfiguration> {
  const targets = Object.entries(project.targets ?? {}).map(([name, target]) => [name, withTools(name, target)]);
  return { ...project, targets: Object.fromEntries(targets) };
}

function withTools(name: string, target: TargetConfiguration): TargetConfiguration {
  const own = (target.inputs ?? []).filter((input) => !isOfCheckout(input));
  const known = { ...target, inputs: [...own, { runtime: `echo ${toolsVersion()}` }] };
  // Where a builder runs is asked of the checkout's own sources: here it is looked at each time, which takes less than a
  // second. Images hash what it prints.
  return name === 'identify' ? { ...known, cache: false } : known;
}

/** Sources of the tools, their libraries, and programs among them. */
function isOfCheckout(input: Inputs[number]): boolean {
  if (typeof input === 'string') return input.replace(/^!/u, '').startsWith('{workspaceRoot}/packages/');
  if ('externalDependencies' in input || 'projects' in input) return true;
  return 'runtime' in input && typeof input.runtime === 'string' && input.runtime.includes('packages/');
}

let version: string | undefined;

/** The version of an installed package; of a linked checkout also the digest of its sources, which change under it. */
function toolsVersion(): string {
  if (version !== undefined) return version;
  const { name, version: own } = packageSchema.parse(parseJson(readFileSync(join(ownFolder, 'package.json'), 'utf8')));
  return (version = [name, own, ...(isInstalled ? [] : [codeDigest({ packages: ['cli'], sources: [] })])].join(' '));
}

const packageSchema = z.object({ name: z.string(), version: z.string() });
