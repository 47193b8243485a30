/** Levels of software RAID that a kickstart can ask for, by mdadm's names. */
export type RaidLevel = 'raid0' | 'raid1' | 'raid4' | 'raid5' | 'raid6' | 'raid10';

/** What a level comes to. */
interface LevelFacts {
  /** The least number of members that are not spares (blivet, `blivet/devicelibs/raid.py`, `min_members`). */
  least: number;
  /** How many members' worth of data is on so many that are not spares. */
  data: (active: number) => number;
  /** Whether it goes on without one of its members. */
  redundant: boolean;
}

export const raidLevels: Readonly<Record<RaidLevel, LevelFacts>> = {
  raid0: { least: 2, data: (active) => active, redundant: false },
  raid1: { least: 2, data: () => 1, redundant: true },
  raid4: { least: 3, data: (active) => active - 1, redundant: true },
  raid5: { least: 3, data: (active) => active - 1, redundant: true },
  raid6: { least: 4, data: (active) => active - 2, redundant: true },
  raid10: { least: 4, data: (active) => Math.floor(active / 2), redundant: true },
};

/** The level that a kickstart means by `1`, `raid1` or `RAID1`; undefined: there is none of that name. */
export function raidLevelOf(text: string): RaidLevel | undefined {
  const name = text.toLowerCase().replace(/^(?=\d)/u, 'raid');
  return isLevel(name) ? name : undefined;
}

const isLevel = (name: string): name is RaidLevel => Object.hasOwn(raidLevels, name);

const kibibytes = 1024;
/** In KiB; mdadm's own. */
const defaultChunk = 512;
/** Superblock and bitmap, at most, in whole MiB. */
const besidesMiB = 1;

/**
 * How much a member of so many MiB has for data, at least: mdadm leaves room before the data, a thousandth of the member
 * and 128 MiB at most, to reshape the array later (mdadm's `super1.c`, `validate_geometry1`), and uses whole chunks. Pure.
 */
export function memberDataMiB(sizeMiB: number, chunkKiB = defaultChunk): number {
  const enough = (2 * chunkKiB) / kibibytes;
  let headroomMiB = 128;
  while (headroomMiB * 1024 > sizeMiB && headroomMiB > enough) headroomMiB /= 2;
  return Math.max(0, sizeMiB - Math.ceil(headroomMiB) - besidesMiB - Math.ceil(chunkKiB / kibibytes));
}
