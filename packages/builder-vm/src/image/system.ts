import { basename } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { IsoBuildError, type TarEntry } from '@phyllome/iso-builder';
import { type ModuleFile, moduleName } from './modules.ts';

/** What a machine boots, as it was found in a system. */
export interface FoundSystem {
  /** As `uname -r` prints it. */
  readonly release: string;
  readonly kernel: Buffer;
  readonly busybox: Buffer;
  /** By name. */
  readonly modules: ReadonlyMap<string, ModuleFile>;
}

/** Debian's place for a kernel, and that of Fedora's package (kernel-core). */
const kernelPath = /^(?:boot\/vmlinuz-(?<debian>[^/]+)|(?:usr\/)?lib\/modules\/(?<fedora>[^/]+)\/vmlinuz)$/u;
const modulePath = /^(?:usr\/)?lib\/modules\/(?<release>[^/]+)\/.+\/(?<file>[^/]+)$/u;
const busyboxPath = /^(?:usr\/)?s?bin\/busybox(?:\.static)?$/u;

/** Of any one file: a kernel has 20 MiB, a module 10. */
const largestBytes = 128 * 2 ** 20;

/**
 * Finds a kernel, its modules and a static busybox in a system.
 *
 * @param entries of a tar archive of its root
 * @throws {IsoBuildError} HOST_UNSUITABLE when something is missing
 */
export async function findSystem(entries: AsyncIterable<TarEntry>, what: string): Promise<FoundSystem> {
  const kernels = new Map<string, Buffer>();
  const modules = new Map<string, Map<string, ModuleFile>>();
  let busybox: Buffer | undefined;
  for await (const { header, content } of entries) {
    const path = header.name.replace(/^\.?\//u, '');
    if (header.type !== 'file' || (header.size ?? 0) > largestBytes) continue;
    const kernel = kernelPath.exec(path)?.groups;
    const release = kernel?.['debian'] ?? kernel?.['fedora'];
    const module = modulePath.exec(path)?.groups;
    const name = moduleName(basename(path));
    if (release !== undefined) kernels.set(release, await buffer(Readable.from(content)));
    else if (busyboxPath.test(path)) busybox = await buffer(Readable.from(content));
    else if (module !== undefined && name !== undefined) {
      const of = modules.get(module['release'] ?? '') ?? new Map<string, ModuleFile>();
      of.set(name, { file: module['file'] ?? '', content: await buffer(Readable.from(content)) });
      modules.set(module['release'] ?? '', of);
    }
  }
  // Of several the one that is named last: which of them does not matter to what is built.
  const [release, kernel] = [...kernels].toSorted(([a], [b]) => (a < b ? -1 : 1)).at(-1) ?? [];
  if (release === undefined || kernel === undefined || busybox === undefined)
    throw new IsoBuildError(
      'HOST_UNSUITABLE',
      `${what} has no ${kernel === undefined ? 'kernel' : 'busybox'} for a machine`,
      {
        hint: 'build in a container (PHYLLOME_ISOLATION=container)',
      },
    );
  return { release, kernel, busybox, modules: modules.get(release) ?? new Map() };
}
