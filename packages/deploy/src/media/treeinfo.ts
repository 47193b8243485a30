import { editionArchitecture } from '@phyllome/host/architecture';
import { parse } from 'ini';
import * as z from 'zod';

/** What an install tree says of itself in `.treeinfo` (productmd's format); paths are relative to the tree. */
export interface Treeinfo {
  /** As `Fedora 44`. */
  name: string | undefined;
  arch: string | undefined;
  kernel: string;
  initrd: string;
  /** The installer's own system, which the initramfs looks for. */
  stage2: string;
  /** sha256 in hexadecimal, by path. */
  sha256: Readonly<Record<string, string>>;
}

/** Where Fedora has them since it has trees: for a tree without `.treeinfo`. */
export const USUAL: Treeinfo = {
  name: undefined,
  arch: undefined,
  kernel: 'images/pxeboot/vmlinuz',
  initrd: 'images/pxeboot/initrd.img',
  stage2: 'images/install.img',
  sha256: {},
};

/** Of a file in the tree: what came from elsewhere must not name files of this machine, nor of other servers. */
const Inside = z
  .string()
  .refine((path) => path.split('/').every((name) => !['', '.', '..'].includes(name)) && !path.includes(':'));

/** The section of an architecture's kernel. */
const imagesSection = `images-${editionArchitecture.name}` as const;

const File = z.object({
  general: z.object({ name: z.string(), arch: z.string() }).partial().optional(),
  [imagesSection]: z.object({ kernel: Inside, initrd: Inside }).partial().optional(),
  stage2: z.object({ mainimage: Inside }).partial().optional(),
  checksums: z.record(z.string(), z.string()).optional(),
});

/** Pure. What a `.treeinfo` does not say is where it usually is; undefined when it is no `.treeinfo`, or names files that are not in its tree. */
export function parseTreeinfo(text: string): Treeinfo | undefined {
  const { data } = File.safeParse(parse(text));
  if (!data?.general && !data?.[imagesSection]) return undefined;
  const images = data[imagesSection];
  const sums = Object.entries(data.checksums ?? {}).flatMap(([path, sum]) => {
    const hex = /^sha256:(?<hex>[0-9a-f]{64})$/iu.exec(sum)?.groups?.['hex'];
    return hex === undefined ? [] : [[path, hex.toLowerCase()] as const];
  });
  return {
    name: data.general?.name,
    arch: data.general?.arch,
    kernel: images?.kernel ?? USUAL.kernel,
    initrd: images?.initrd ?? USUAL.initrd,
    stage2: data.stage2?.mainimage ?? USUAL.stage2,
    sha256: Object.fromEntries(sums),
  };
}
