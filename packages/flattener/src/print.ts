import type { KickstartFile, Node } from './nodes.ts';
import type { Line } from './source.ts';

/** The exact text that {@link parse} was given. */
export function print(file: KickstartFile): string {
  return file.bom + file.nodes.map((node) => lines(node).map(printLine).join('')).join('');
}

function lines(node: Node): Line[] {
  if (node.kind !== 'section') return [node.line];
  const inside = node.body.map((item) => item.line);
  return [node.header, ...inside, ...(node.end ? [node.end] : [])];
}

function printLine(line: Line): string {
  return (line.written ?? line.text) + line.eol;
}
