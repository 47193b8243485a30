/**
 * mksquashfs's options for `--compression` and `--compress-arg`, whose own defaults are for xz. Lorax splits the latter
 * once at its first space.
 */
export function compressionArguments(compression: string, compressArgs: readonly string[]): string[] {
  const given = compressArgs.flatMap((argument) => {
    const [flag = '', ...rest] = argument.split(' ');
    return rest.length === 0 ? [flag] : [flag, rest.join(' ')];
  });
  const defaults = compression === 'xz' ? ['-Xbcj', 'x86'] : [];
  return ['-comp', compression, ...(given.length > 0 ? given : defaults)];
}

/** The root file system's image; mksquashfs takes its times from SOURCE_DATE_EPOCH, where that is set. */
export const mksquashfsArgv = (
  root: string,
  image: string,
  compression: string,
  compressArgs: readonly string[],
): string[] => [
  'mksquashfs',
  root,
  image,
  '-noappend',
  '-no-progress',
  '-b',
  '131072',
  ...compressionArguments(compression, compressArgs),
];
