/**
 * Options that exclude each other. A line that has two of them is refused by its handler; of two lines the later one
 * counts.
 */
const EXCLUSIVE: Readonly<Record<string, readonly (readonly string[])[]>> = {
  bootloader: [['--sdboot', '--extlinux']],
  logvol: [['--size', '--percent']],
  repo: [['--baseurl', '--mirrorlist', '--metalink']],
  timezone: [['--nontp', '--ntpservers']],
  url: [['--url', '--mirrorlist', '--metalink']],
};

/** Whether only one of the two options can be there: of several lines the later one then counts. */
export function excludeEachOther(name: string, one: string, other: string): boolean {
  return (EXCLUSIVE[name] ?? []).some((flags) => flags.includes(one) && flags.includes(other));
}
