/** Characters of a keyboard in US layout: the key's name in QEMU's QKeyCode, and the one with Shift. */
const KEYS: [code: string, plain: string, shifted: string][] = [
  ['grave_accent', '`', '~'],
  ['1', '1', '!'],
  ['2', '2', '@'],
  ['3', '3', '#'],
  ['4', '4', '$'],
  ['5', '5', '%'],
  ['6', '6', '^'],
  ['7', '7', '&'],
  ['8', '8', '*'],
  ['9', '9', '('],
  ['0', '0', ')'],
  ['minus', '-', '_'],
  ['equal', '=', '+'],
  ['bracket_left', '[', '{'],
  ['bracket_right', ']', '}'],
  ['backslash', '\\', '|'],
  ['semicolon', ';', ':'],
  ['apostrophe', "'", '"'],
  ['comma', ',', '<'],
  ['dot', '.', '>'],
  ['slash', '/', '?'],
];

const OTHERS: Record<string, string> = { ' ': 'spc', '\n': 'ret', '\t': 'tab', '\b': 'backspace', '\u001b': 'esc' };

/**
 * The keys to press together for a character, on a keyboard in US layout.
 * @throws {RangeError} when that keyboard has no such character
 */
export function keysOf(character: string): string[] {
  if (/^[a-z]$/.test(character)) return [character];
  if (/^[A-Z]$/.test(character)) return ['shift', character.toLowerCase()];
  const other = OTHERS[character];
  if (other !== undefined) return [other];
  for (const [code, plain, shifted] of KEYS) {
    if (character === plain) return [code];
    if (character === shifted) return ['shift', code];
  }
  throw new RangeError(`a keyboard in US layout cannot type ${JSON.stringify(character)}`);
}
