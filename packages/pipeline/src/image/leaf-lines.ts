import type { Origin } from '@phyllome/flattener';

/**
 * A builder's report speaks of lines of the flat kickstart; what has to be edited is a line of a leaf. Every object in
 * it that has a `line` gets that as `leaf`, `path:line`, where a leaf has that line. Pure.
 */
export function withLeafLines(report: unknown, origins: readonly (Origin | undefined)[]): unknown {
  if (Array.isArray(report)) return report.map((item) => withLeafLines(item, origins));
  if (typeof report !== 'object' || report === null) return report;
  const entries = Object.entries(report).map(([key, value]) => [key, withLeafLines(value, origins)]);
  const origin = 'line' in report && typeof report.line === 'number' ? origins[report.line - 1] : undefined;
  return Object.fromEntries(origin ? [...entries, ['leaf', `${origin.path}:${origin.line}`]] : entries);
}
