export interface PreflightProblem {
  check: 'iso9660' | 'truncated' | 'el-torito' | 'boot-image' | 'boot-menu' | 'live-root' | 'implanted-md5' | 'gpt';
  message: string;
}

export type Report = (check: PreflightProblem['check'], message: string) => void;
