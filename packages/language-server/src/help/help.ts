/** The text about a command or section, and its options. */
export interface Help {
  readonly does: string;
  /** By the option's first flag; positional arguments by their name. */
  readonly options: Readonly<Partial<Record<string, string>>>;
}
