import type { Include, KickstartFile } from './nodes.ts';
import { FileSet, type IncludeOptions, includeCandidates } from './include.ts';

export { type ReadFile, UnreadableFile } from './source.ts';

/** What a leaf is made of, itself first. */
export interface Closure {
  readonly files: readonly string[];
  /** Every path that was asked for: the files, and where includes were looked for in vain. */
  readonly asked: readonly string[];
}

/**
 * The files a leaf transitively includes, the leaf first. Tolerant: broken lines are skipped, cycles end, and a file
 * that does not exist is listed too, beside the file that includes it, so that creating it counts as a change.
 */
export const closure = (path: string, options: IncludeOptions): string[] => [...closures(options)(path).files];

/** The same for many leaves of one moment: what they share is parsed once. */
export function closures(options: IncludeOptions): (path: string) => Closure {
  const known = new Map<string, Steps>();
  const stepsFrom = (path: string, inSection: boolean): Steps => {
    const key = `${inSection ? 'body' : 'commands'} ${path}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const steps = includedBy(path, inSection, options);
    known.set(key, steps);
    return steps;
  };
  return (leaf) => {
    const files = new Set<string>();
    const asked = new Set<string>();
    const queue: Step[] = [{ path: leaf, inSection: false }];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      if (files.has(next.path)) continue;
      files.add(next.path);
      const steps = stepsFrom(next.path, next.inSection);
      for (const path of steps.asked) asked.add(path);
      // Pushed backwards: the files then come in the order in which they are included.
      queue.push(...steps.backwards);
    }
    return { files: [...files], asked: [...asked] };
  };
}

/** From a file to one that it includes. */
interface Step {
  readonly path: string;
  readonly inSection: boolean;
}

interface Steps {
  readonly backwards: readonly Step[];
  readonly asked: readonly string[];
}

function includedBy(path: string, inSection: boolean, options: IncludeOptions): Steps {
  const asked = new Set<string>();
  const readFile: IncludeOptions['readFile'] = (one) => {
    asked.add(one);
    return options.readFile(one);
  };
  const set = new FileSet({ ...options, readFile });
  const includes = inSection
    ? (set.body(path)?.body ?? []).flatMap((item) => (item.kind === 'include' ? [{ node: item, inSection }] : []))
    : includesOf(set.file(path));
  const steps = includes.flatMap(({ node, inSection: inner }): Step[] => {
    const target = node.target?.value;
    if (target === undefined) return [];
    const found = set.resolve(target, path) ?? includeCandidates(target, path)[1] ?? target;
    return [{ path: found, inSection: inner }];
  });
  return { backwards: steps.toReversed(), asked: [...asked] };
}

interface Found {
  readonly node: Include;
  readonly inSection: boolean;
}

function includesOf(file: KickstartFile | undefined): Found[] {
  return (file?.nodes ?? []).flatMap((node): Found[] => {
    if (node.kind === 'include') return [{ node, inSection: false }];
    if (node.kind !== 'section') return [];
    return node.body.flatMap((item) => (item.kind === 'include' ? [{ node: item, inSection: true }] : []));
  });
}
