/** A builder's image in the engine. */
export interface BuilderImage {
  /** The engine's id of it. */
  id: string;
  /** The content key it is labelled with. */
  digest: string;
  /** False when an image with that key was there already. */
  built: boolean;
}
