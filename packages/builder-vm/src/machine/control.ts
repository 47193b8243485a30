/** One line of what the first process of a machine says (guest/init.sh). */
export type ControlMessage =
  | { type: 'started' }
  | { type: 'full' }
  | { type: 'size'; bytes: number | undefined }
  | { type: 'exit'; status: number; bytes: number }
  | { type: 'error'; what: string };

/** Reads a line; undefined for anything else than it says, for a guest may send what it likes. Pure. */
export function parseControl(line: string): ControlMessage | undefined {
  if (line === 'started' || line === 'full') return { type: line };
  const size = /^size (?<bytes>\d{1,15})?$/u.exec(line)?.groups;
  if (size !== undefined)
    return { type: 'size', bytes: size['bytes'] === undefined ? undefined : Number(size['bytes']) };
  const exit = /^exit (?<status>\d{1,3}) (?<bytes>\d{1,15})$/u.exec(line)?.groups;
  if (exit !== undefined) return { type: 'exit', status: Number(exit['status']), bytes: Number(exit['bytes']) };
  const what = /^error (?<what>.{1,200})$/u.exec(line)?.groups?.['what'];
  return what === undefined ? undefined : { type: 'error', what };
}
