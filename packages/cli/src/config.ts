/** For `phyllome.config.ts`: the type of a configuration, and nothing that runs. */
export {
  type BuilderConfig,
  type ChecksConfig,
  defineConfig,
  type EditionConfig,
  type LetterConfig,
  type ProjectConfig,
} from '@phyllome/pipeline/config';
