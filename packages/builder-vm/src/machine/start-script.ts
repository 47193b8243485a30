import { shellQuote } from '@phyllome/host';

/**
 * What the first process of a machine runs (guest/init.sh): `start` becomes livemedia-creator, with the same words and
 * environment as in a container; `result` names its ISO. Pure.
 */
export function startScript(
  argv: readonly string[],
  { isoName, environment }: { isoName: string; environment: Readonly<Record<string, string>> },
): { start: string; result: string } {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const words = ['env', '-i', ...variables, 'chroot', '/root', 'livemedia-creator', ...argv];
  return { start: `exec ${words.map(shellQuote).join(' ')}\n`, result: `iso=${shellQuote(isoName)}\n` };
}

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
