/** TCP ports in state LISTEN (0A) in the tables of proc_net_tcp(5): no tool that a guest might lack. */
export function listeningPorts(tables: string): number[] {
  const rows = tables.matchAll(/^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A /gm);
  const ports = new Set([...rows].map(([, port = '']) => Number.parseInt(port, 16)));
  return [...ports].toSorted((a, b) => a - b);
}
