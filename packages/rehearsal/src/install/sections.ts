import { posix } from 'node:path';
import type { KickstartSection } from '../kickstart.ts';
import type { Contribution } from './action.ts';

/** What a section that is neither packages nor a script comes to in Debian. Pure. */
export function planSection({ name, args, body, line }: KickstartSection): Contribution {
  const value = (option: string): string | undefined =>
    args.find((argument) => argument.startsWith(`--${option}=`))?.slice(option.length + 3);
  const [dir, filename] = [value('dir'), value('filename')];
  if (name === '%certificate' && dir !== undefined && filename !== undefined)
    return { certificates: [{ do: 'write', path: posix.join(dir, filename), text: body }] };
  return {
    withoutCounterpart: [
      { kind: 'section', text: [name, ...args].join(' '), line, why: "it is about parts of Fedora's installer" },
    ],
  };
}
