import { editionArchitecture } from '@phyllome/host/architecture';
import type { TargetConfiguration } from '@nx/devkit';
import { type Code, dependenciesOf, librariesOf, packagesOf } from '@phyllome/pipeline/code';

type Inputs = NonNullable<TargetConfiguration['inputs']>;

/**
 * The code behind some of the workspace's packages, named by their folders: the sources of these and of all packages of
 * ours that they depend on, and the libraries of all of them. Libraries are named, since Nx would count every package of
 * the workspace otherwise: a new vitest builds no ISO again. Node runs all of it.
 */
export function codeBehind(...names: string[]): Inputs {
  const { packages, libraries } = dependenciesOf(names);
  return [
    { input: 'production', projects: packages.map((name) => `@phyllome/${name}`) },
    { externalDependencies: [...libraries, `node-linux-${editionArchitecture.node}`].toSorted() },
  ];
}

/** The same of code that is partly named by its sources: without their tests, with the libraries of their packages. */
export function codeOf(code: Code): Inputs {
  const own = packagesOf(code).flatMap((name) => librariesOf(name));
  return [
    ...codeBehind(...code.packages),
    ...code.sources.map((glob) => `{workspaceRoot}/packages/${glob}`),
    ...code.sources.map((glob) => `!{workspaceRoot}/packages/${glob.replace(/\.ts$/u, '.test.ts')}`),
    { externalDependencies: own.toSorted() },
  ];
}
