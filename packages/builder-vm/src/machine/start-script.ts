import { shellQuote } from '@phyllome/host';
import type { Privileges } from '@phyllome/iso-builder';

/**
 * What the first process of a machine runs (guest/init.sh): `start` becomes livemedia-creator, with the same words,
 * environment and capabilities as in a container; `result` names its ISO, and how many processes there may be. Pure.
 */
export function startScript(
  argv: readonly string[],
  {
    isoName,
    environment,
    capabilities,
    processes,
  }: {
    isoName: string;
    environment: Readonly<Record<string, string>>;
    capabilities: readonly string[] | undefined;
    processes?: number | undefined;
  },
): { start: string; result: string } {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  // By the image's own setpriv(1), and by its path: busybox runs its own by the name, which knows no bounding set.
  const set = ['-all', ...(capabilities ?? []).map((name) => `+${name.toLowerCase()}`)].join(',');
  const limit = capabilities === undefined ? [] : ['/usr/bin/setpriv', `--bounding-set=${set}`];
  const words = ['env', '-i', ...variables, 'chroot', '/root', ...limit, ...argv];
  return {
    start: `exec ${words.map(shellQuote).join(' ')}\n`,
    result: `iso=${shellQuote(isoName)}\nprocesses=${processes ?? ''}\n`,
  };
}

/**
 * The capabilities that a builder's container would have, where that does not depend on the engine; else undefined, and it
 * gets all of its machine. What it is able to do shows in what it makes: with `MKNOD`, packages get device nodes. Pure.
 */
export const capabilitiesOf = ({
  capDrop,
  capAdd,
}: Pick<Privileges, 'capDrop' | 'capAdd'>): readonly string[] | undefined =>
  capDrop.includes('ALL') ? capAdd : undefined;

/** The environment that an engine would give a container of the image (its own, or else a usual PATH). Pure. */
export function environmentOf(
  image: readonly string[],
  more: Readonly<Record<string, string>>,
): Record<string, string> {
  const own = image.flatMap((variable) => {
    const at = variable.indexOf('=');
    return at > 0 ? [[variable.slice(0, at), variable.slice(at + 1)] as const] : [];
  });
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    HOSTNAME: 'phyllome',
    ...Object.fromEntries(own),
    LANG: 'C.UTF-8',
    ...more,
  };
}
