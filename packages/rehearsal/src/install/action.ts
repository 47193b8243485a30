import type { WithoutCounterpart } from './selection.ts';

/** One step of configuring the installed system. Paths are the target's; programs run inside it. */
export type Action =
  | { do: 'write'; path: string; text: string; mode?: number }
  | { do: 'link'; path: string; target: string }
  | {
      do: 'run';
      argv: readonly string[];
      input?: string;
      /** What is recorded, instead of failing, when the program says no: Debian lacks what it names. */
      orRecord?: WithoutCounterpart;
    };

/** What the commands of a kickstart come to. */
export interface Plan {
  /** Of `%certificate`: anaconda imports them before anything else. */
  certificates: Action[];
  actions: Action[];
  /** Groups, users, their passwords and keys: what comes after all other configuration. */
  users: Action[];
  /** Debian packages that the actions need. */
  needs: string[];
  /** Lines of locale.gen(5): made with the packages, which takes seconds, and kept with them. */
  locales: string[];
  /** `bootloader --append`, for the medium's menu: the installed tree has no boot loader. */
  kernelAppend: string;
  graphical: boolean;
  withoutCounterpart: WithoutCounterpart[];
}

/** The parts of a plan that one command contributes. */
export type Contribution = Partial<Plan>;
