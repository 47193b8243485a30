/**
 * A kickstart as anaconda's boss cuts it up (`pyanaconda/modules/boss/kickstart_manager/`): commands and sections, each
 * handed to the module that knows it. The line numbers of scripts that a module reports count in its own part.
 *
 * Only lines are counted here and names compared; what a kickstart means is the flattener's to say.
 */
export interface KickstartElement {
  readonly type: 'command' | 'section';
  /** `part`, `post`: without `%`. */
  readonly name: string;
  /** Line of the command, or of the section's header, from 1. */
  readonly line: number;
  /** Its lines: of a section the header, the body, and `%end`. */
  readonly lines: readonly string[];
}

/** Cuts a kickstart at its commands and sections, as pykickstart reads lines. Pure; never throws. */
export function splitKickstart(text: string): KickstartElement[] {
  const elements: KickstartElement[] = [];
  let section: { name: string; line: number; lines: string[] } | undefined;
  const close = (): void => {
    if (section !== undefined) elements.push({ type: 'section', ...section });
    section = undefined;
  };
  const lines = text.split(/\r?\n/u);
  for (const [index, line] of lines.entries()) {
    const words = line.trim().split(/\s+/u);
    const [first = ''] = words;
    if (section !== undefined) {
      section.lines.push(line);
      if (first === '%end') close();
      continue;
    }
    if (first === '' || first.startsWith('#')) continue;
    const name = /^%(?<name>[\w-]+)$/u.exec(first)?.groups?.['name'];
    if (name === undefined || name === 'include' || name === 'ksappend')
      elements.push({ type: 'command', name: first, line: index + 1, lines: [line] });
    else section = { name, line: index + 1, lines: [line] };
  }
  close();
  return elements;
}

/** Commands and sections that anaconda 44's Runtime module gets (`pyanaconda/modules/runtime/kickstart.py`). */
const RUNTIME: Readonly<Record<KickstartElement['type'], ReadonlySet<string>>> = {
  command: new Set(
    'driverdisk mediacheck sshpw updates logging rescue eula graphical text cmdline vnc rdp reboot poweroff shutdown halt'.split(
      ' ',
    ),
  ),
  section: new Set(['pre-install', 'post', 'onerror', 'traceback']),
};

const SCRIPTS = new Set(['pre', 'pre-install', 'post', 'onerror', 'traceback']);

/** The scripts of a kickstart, in its order. */
export function scriptsOf(elements: readonly KickstartElement[]): KickstartElement[] {
  return elements.filter(({ type, name }) => type === 'section' && SCRIPTS.has(name));
}

/**
 * The script that anaconda means by `line N`.
 *
 * `%pre` scripts are run before the kickstart is cut up: `N` is a line of the file. All others run in the Runtime module,
 * which has seen its own part alone, without blank lines and comments between: `N` counts in that.
 *
 * @param numbering `file` or `module`; `unknown` prefers the module's, where that is the header of a script
 */
export function scriptAt(
  elements: readonly KickstartElement[],
  number: number,
  numbering: 'file' | 'module' | 'unknown',
): KickstartElement | undefined {
  const inFile = (): KickstartElement | undefined => scriptsOf(elements).find(({ line }) => line === number);
  if (numbering === 'file') return inFile();
  let line = 1;
  for (const element of elements) {
    if (!RUNTIME[element.type].has(element.name)) continue;
    if (line === number && element.type === 'section') return element;
    line += element.lines.length;
  }
  // An anaconda that does not cut it up, or one whose Runtime module has other commands.
  return inFile();
}

/** The number by which anaconda names the script whose header is in a line: the other way round. */
export function numberOfScript(elements: readonly KickstartElement[], header: number): number | undefined {
  let line = 1;
  for (const element of elements) {
    if (element.type === 'section' && element.line === header && element.name === 'pre') return header;
    if (!RUNTIME[element.type].has(element.name)) continue;
    if (element.type === 'section' && element.line === header) return line;
    line += element.lines.length;
  }
  return undefined;
}
