import { readJson, writePrivate } from '../processes/files';

/** A session that `gantry login` began, for one server. */
export interface KeptSession {
  secret: string;
  user: string;
  endsAt: number;
}

type Kept = Record<string, KeptSession>;

/** Where this person is signed in, by server: one file, readable by its owner only. */
export class KeptSessions {
  constructor(private readonly file: string) {}

  /** The session for the server at this URL; undefined when there is none, or it has ended. */
  of(url: string, now: number): KeptSession | undefined {
    const kept = this.read()[new URL(url).origin];
    return kept !== undefined && kept.endsAt > now ? kept : undefined;
  }

  keep(url: string, session: KeptSession): void {
    this.write({ ...this.read(), [new URL(url).origin]: session });
  }

  forget(url: string): void {
    const { [new URL(url).origin]: _gone, ...rest } = this.read();
    this.write(rest);
  }

  private read(): Kept {
    return readJson<Kept>(this.file) ?? {};
  }

  private write(kept: Kept): void {
    writePrivate(this.file, `${JSON.stringify(kept)}\n`);
  }
}
