import type { Firmware } from '../qemu/firmware.ts';
import type { MachineOptions } from './options.ts';
import type { IsoImage } from '../qemu/media.ts';

/** What a machine may vary in. What is left out does not vary. */
export interface Matrix {
  firmware?: readonly Firmware[];
  cpus?: readonly number[];
  memoryMiB?: readonly number[];
  media?: readonly NonNullable<IsoImage['as']>[];
  machine?: readonly NonNullable<MachineOptions['machine']>[];
}

/** One row of a matrix; `name` distinguishes it from the others. */
export type MatrixRow = Omit<MachineOptions, 'image'> & { name: string; image: IsoImage };

/**
 * Every combination, in order, the last dimension varying first: for `describe.each` or a loop.
 * `defineMatrix(iso, { firmware: ['bios', 'uefi'], media: ['cdrom', 'usb'] })` are four machines, named `bios, cdrom` and so on.
 */
export function defineMatrix(iso: string, { firmware, cpus, memoryMiB, media, machine }: Matrix): MatrixRow[] {
  const dimensions: Piece[][] = [
    (machine ?? []).map((one) => ({ word: one, options: { machine: one } })),
    (firmware ?? []).map((one) => ({ word: one, options: { firmware: one } })),
    (cpus ?? []).map((one) => ({ word: `${one} CPU${one === 1 ? '' : 's'}`, options: { cpus: one } })),
    (memoryMiB ?? []).map((one) => ({ word: `${one} MiB`, options: { memoryMiB: one } })),
    (media ?? []).map((one) => ({ word: one, options: { image: { iso, as: one } } })),
  ];
  const start: MatrixRow[] = [{ name: '', image: { iso } }];
  return dimensions
    .filter((dimension) => dimension.length > 0)
    .reduce((rows, dimension) => rows.flatMap((row) => dimension.map((piece) => extend(row, piece))), start);
}

/** One value of one dimension. */
interface Piece {
  word: string;
  options: Partial<MatrixRow>;
}

function extend(row: MatrixRow, { word, options }: Piece): MatrixRow {
  return { ...row, ...options, name: row.name === '' ? word : `${row.name}, ${word}` };
}
