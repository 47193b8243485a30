import { isName, nameProblem } from '@phyllome/host/names';
import { CliError } from '../errors.ts';

/** What another project is called, as it stands in the files of its workspace. */
export interface Names {
  /** Of its directory and its package, as npm has it: `my-remix`. */
  name: string;
  /** For people: `My Remix`. */
  title: string;
  /** What volume ids begin with: `MyRemix`. */
  volumeId: string;
}

/**
 * The names of a project, of which one makes the other.
 *
 * @throws {CliError} BAD_OPTION
 */
export function namesOf({ name, title }: { name: string; title?: string | undefined }): Names {
  const refused = (option: string, problem: string): CliError =>
    new CliError(
      'BAD_OPTION',
      `--${option} cannot be ${JSON.stringify(option === 'name' ? name : title)}: ${problem}`,
      {
        hint: 'phyllome init my-remix --title "My Remix"',
      },
    );
  const problem = nameProblem('file', name);
  if (problem !== undefined) throw refused('name', problem);
  if (!/^[a-z0-9][a-z0-9._-]*$/u.test(name)) throw refused('name', 'npm takes small letters, digits, ".", "_" and "-"');
  const shown = title ?? titleOf(name);
  if (!/^[A-Za-z][A-Za-z0-9 ._-]{0,39}$/u.test(shown))
    throw refused('title', 'use 1 to 40 letters, digits, spaces, ".", "_" and "-", and a letter first');
  const volumeId = shown.replaceAll(/[^A-Za-z0-9]/gu, '').slice(0, longestVolumeId);
  return { name, title: shown, volumeId: isName('volume id', volumeId) ? volumeId : 'Linux' };
}

/** The rest of the 32 characters is for the edition, the release and that it is a rehearsal. */
const longestVolumeId = 10;

/** `My Remix` of `my-remix`. */
function titleOf(name: string): string {
  const words = name.split(/[._-]+/u).filter(Boolean);
  const title = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ');
  return /^[A-Za-z]/u.test(title) ? title : `Remix ${title}`;
}
