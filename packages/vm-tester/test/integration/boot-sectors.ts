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

export function bootSector(code: keyof typeof CODE | { print: string }): Buffer {
  const bytes = typeof code === 'string' ? CODE[code] : [...PRINT, ...Buffer.from(code.print, 'latin1'), 0];
  const disk = Buffer.alloc(1 << 20); // SeaBIOS boots no disk of a single sector
  disk.set(bytes);
  disk.writeUInt16LE(0xaa55, 510);
  return disk;
}
