/** What a client may set, as `initializationOptions` or under `kickstart` in its configuration. */
export interface Settings {
  /** The release whose commands and options count, as `F44`; that of the checkout or of `#version=` when left out. */
  readonly release?: string | undefined;
  /** Folders to look for includes in, relative to the folder that is open. */
  readonly includePaths: readonly string[];
  /** Paths of includes that the installer makes: they are not looked for. */
  readonly keepIncludes: readonly string[];
  /** Whether kickstarts outside of a checkout are held to the rules for live media. */
  readonly live: boolean;
}

export const DEFAULT_SETTINGS: Settings = { includePaths: [], keepIncludes: [], live: false };
