import { randomBytes } from 'node:crypto';

/**
 * The names that images of one installation have. All begin with the installation's own stem, so that no public name
 * is ever made or moved, and everything of ours is found by `<stem>/*`.
 */
export class ImageNames {
  /** @param stem `gantry-<8>` */
  constructor(private readonly stem: string) {}

  /** The name that people see: by content, so it never moves. */
  byContent(app: string, imageId: string): string {
    return `${this.stem}/${app}:${digits(imageId)}`;
  }

  /** The name that a build begins with: it leads from an effect to its image after a crash. */
  byEffect(app: string, effectKey: string | undefined): string {
    return `${this.stem}/${app}:e-${effectKey?.slice(0, 12) ?? randomBytes(6).toString('hex')}`;
  }

  /** Every image that this effect built, whichever app it was for. */
  effectPattern(effectKey: string): string {
    return `${this.stem}/*:e-${effectKey.slice(0, 12)}`;
  }

  /** By what a layer is made from, so that the same input gives the same image even when the build cache is gone. */
  byInput(app: string, inputHash: string): string {
    return `${this.stem}/${app}:l-${inputHash.slice(0, 32)}`;
  }

  /** BuildKit takes no image ID in FROM, so a base gets a name of ours that holds its ID and never moves. */
  base(imageId: string): string {
    return `${this.stem}/base:${imageId.replace('sha256:', '').slice(0, 32)}`;
  }

  /** Keeps the bytes of an image whose build was taken back until they are collected. */
  withdrawn(imageId: string): string {
    return `${this.stem}/withdrawn:${digits(imageId)}`;
  }

  isOurs(name: string): boolean {
    return name.startsWith(`${this.stem}/`);
  }

  isBase(name: string): boolean {
    return name.startsWith(`${this.stem}/base:`);
  }
}

const digits = (imageId: string): string => imageId.replace('sha256:', '').slice(0, 12);

/** `name:tag` as Docker's tag call wants it. */
export function splitName(name: string): { repo: string; tag: string } {
  const colon = name.lastIndexOf(':');
  return { repo: name.slice(0, colon), tag: name.slice(colon + 1) };
}
