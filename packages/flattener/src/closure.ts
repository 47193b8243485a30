import type { Include, KickstartFile } from './nodes.ts';
import { FileSet, type IncludeOptions, includeCandidates } from './include.ts';

/**
 * The files a leaf transitively includes, the leaf first. Tolerant: broken lines are skipped, cycles end, and a file
 * that does not exist is listed too, beside the file that includes it, so that creating it counts as a change.
 */
export function closure(path: string, options: IncludeOptions): string[] {
  const set = new FileSet(options);
  const found = new Set<string>();
  const queue: { path: string; inSection: boolean }[] = [{ path, inSection: false }];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { path: current, inSection } = next;
    if (found.has(current)) continue;
    found.add(current);
    const includes = inSection
      ? (set.body(current)?.body ?? []).flatMap((item) => (item.kind === 'include' ? [{ node: item, inSection }] : []))
      : includesOf(set.file(current));
    // Pushed backwards: the files then come in the order in which they are included.
    for (const { node, inSection: inner } of includes.toReversed()) {
      const target = node.target?.value;
      if (target === undefined) continue;
      const resolved = set.resolve(target, current) ?? includeCandidates(target, current)[1] ?? target;
      queue.push({ path: resolved, inSection: inner });
    }
  }
  return [...found];
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
