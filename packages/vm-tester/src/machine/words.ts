/** A word that a shell takes as it is. */
export function shellQuote(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** A command for the guest's shell: text as it is, words each as one. */
export function shellCommand(command: string | readonly string[]): string {
  return typeof command === 'string' ? command : command.map(shellQuote).join(' ');
}
