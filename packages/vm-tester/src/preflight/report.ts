/** What is wrong with an image's file, and the check that found it. */
export interface PreflightProblem {
  check: 'iso9660' | 'truncated' | 'el-torito' | 'boot-image' | 'boot-menu' | 'live-root' | 'implanted-md5' | 'gpt';
  message: string;
  /** The only firmware that it matters to. Absent: it matters to all. */
  firmware?: 'bios' | 'uefi';
}

export type Report = (
  check: PreflightProblem['check'],
  message: string,
  firmware?: PreflightProblem['firmware'],
) => void;
