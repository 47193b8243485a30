import catalogue from './catalogue.json' with { type: 'json' };

/** A named check, without the code that makes it: what `phyllome editions --checks` and these specs share. */
export interface Entry {
  id: string;
  title: string;
  /** Traits that an edition must all have for the check to apply. */
  needs?: string[];
  /** Traits of which it must have one. */
  any?: string[];
  /** Traits that it must not have. */
  except?: string[];
  /** Why a rehearsal cannot be judged by it. */
  rehearsal?: string;
}

/** Every check, in the order in which they are made. */
export const entries: readonly Entry[] = catalogue.checks;
