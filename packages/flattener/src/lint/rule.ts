import type { Located } from '../source.ts';
import type { RuleContext } from './rule-context.ts';
import type { Severity } from './config-shape.ts';

/** A rule about leaves. Ids are stable: configuration and suppressions name them. */
export interface Rule {
  readonly id: string;
  /** Unless the configuration says otherwise. */
  readonly severity: Exclude<Severity, 'off'>;
  /** What the rule wants, in a line. */
  readonly doc: string;
  /** Why: what has gone wrong without it. */
  readonly reason: string;
  readonly check: (context: RuleContext) => readonly Finding[];
}

/** One place where a rule is broken. */
export interface Finding {
  readonly message: string;
  readonly hint: string;
  readonly where: Located;
  /** How many characters from there. */
  readonly length: number;
  /** Only where it cannot break or change a kickstart that works. */
  readonly fix?: Fix | undefined;
}

/** Replaces a part of one line. */
export interface Fix {
  readonly path: string;
  readonly line: number;
  /** From 1; `to` is the column behind the last one that goes. */
  readonly from: number;
  readonly to: number;
  readonly insert: string;
}
