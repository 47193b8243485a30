/** A word that a shell takes as it is. */
export function shellQuote(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** A command for the guest's shell: text as it is, words each as one. */
export function shellCommand(command: string | readonly string[]): string {
  return typeof command === 'string' ? command : command.map(shellQuote).join(' ');
}

/** TCP ports in state LISTEN (0A) in the tables of proc_net_tcp(5): no tool that a guest might lack. */
export function listeningPorts(tables: string): number[] {
  const rows = tables.matchAll(/^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A /gm);
  const ports = new Set([...rows].map(([, port = '']) => Number.parseInt(port, 16)));
  return [...ports].toSorted((a, b) => a - b);
}
