/** Boot sectors a BIOS starts in real mode: each a machine that goes wrong in its own way, within milliseconds. */
const CODE = {
  /** Resets the machine by the keyboard controller. */
  reset: [0xb0, 0xfe, 0xe6, 0x64, 0xf4, 0xeb, 0xfd],
  /** Sleeps with interrupts off. */
  halt: [0xfa, 0xf4, 0xeb, 0xfd],
  /** Jumps to itself. */
  spin: [0xeb, 0xfe],
  /** Powers the machine off by q35's ACPI port. */
  powerOff: [0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, 0xef, 0xf4, 0xeb, 0xfd],
} as const;

/** cld; ds = 0; write the bytes at 0x7c17 to the first serial port up to a zero; then sleep. */
const PRINT = [
  [0xfc, 0x31, 0xc0, 0x8e, 0xd8, 0xba, 0xf8, 0x03, 0xbe, 0x17, 0x7c, 0xac],
  [0x84, 0xc0, 0x74, 0x03, 0xee, 0xeb, 0xf8, 0xfa, 0xf4, 0xeb, 0xfd],
].flat();

/** Waits for a key (int 0x16), as a menu does. */
const WAIT = [0xb4, 0x00, 0xcd, 0x16];
/** Of the low byte of the text's address in {@link PRINT}. */
const TEXT_AT = 9;

export function bootSector(code: keyof typeof CODE | { print: string; afterKey?: boolean }): Buffer {
  const bytes = typeof code === 'string' ? CODE[code] : printing(code);
  const disk = Buffer.alloc(1 << 20); // SeaBIOS boots no disk of a single sector
  disk.set(bytes);
  disk.writeUInt16LE(0xaa55, 510);
  return disk;
}

function printing({ print, afterKey = false }: { print: string; afterKey?: boolean }): number[] {
  const before = afterKey ? WAIT : [];
  const code = PRINT.map((byte, at) => (at === TEXT_AT ? byte + before.length : byte));
  return [...before, ...code, ...Buffer.from(print, 'latin1'), 0];
}
