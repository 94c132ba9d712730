/** The part of nodegit (libgit2) that the workspace reads with; the package brings no types. */
declare module 'nodegit' {
  export class Oid {
    static fromString(sha: string): Oid;
    tostrS(): string;
  }
  export class Signature {
    name(): string;
    email(): string;
  }
  export class Blob {
    content(): Buffer;
    rawsize(): number;
  }
  export class TreeEntry {
    path(): string;
    name(): string;
    /** What it points at. */
    sha(): string;
    isBlob(): boolean;
    isTree(): boolean;
    filemode(): number;
    getBlob(): Promise<Blob>;
    getTree(): Promise<Tree>;
  }
  export class Tree {
    entries(): TreeEntry[];
    getEntry(path: string): Promise<TreeEntry>;
  }
  export class Commit {
    sha(): string;
    summary(): string;
    message(): string;
    author(): Signature;
    committer(): Signature;
    timeMs(): number;
    parents(): Oid[];
    getTree(): Promise<Tree>;
  }
  export class Reference {
    name(): string;
    isConcrete(): number | boolean;
    target(): Oid;
  }
  export class DiffFile {
    path(): string;
  }
  export class DiffDelta {
    /** Has the path of a file that was removed, too. */
    oldFile(): DiffFile;
  }
  export class Diff {
    static readonly OPTION: { INCLUDE_TYPECHANGE: number };
    static treeToTree(repository: Repository, earlier: Tree, later: Tree, how: { flags: number }): Promise<Diff>;
    numDeltas(): number;
    getDelta(index: number): DiffDelta;
  }
  export const Graph: {
    /** 1 when `ancestor` can be reached from `commit`, and is not the same. */
    descendantOf(repository: Repository, commit: Oid, ancestor: Oid): Promise<number>;
  };
  export class Revwalk {
    push(commit: Oid): number;
    hide(commit: Oid): number;
    /** At most so many, newest first. */
    getCommits(count: number): Promise<Commit[]>;
  }
  export class Repository {
    static openBare(path: string): Promise<Repository>;
    createRevWalk(): Revwalk;
    getCommit(sha: string): Promise<Commit>;
    getReferences(): Promise<Reference[]>;
    /** Throws when there is no such ref. */
    getReferenceCommit(name: string): Promise<Commit>;
    cleanup(): void;
  }
}
