/** A word that any POSIX shell takes as it is; in quotes only where it needs them. */
export function shellQuote(word: string): string {
  return /^[\w%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** A command for a shell: text as it is, words each as one. */
export function shellCommand(command: string | readonly string[]): string {
  return typeof command === 'string' ? command : command.map(shellQuote).join(' ');
}
