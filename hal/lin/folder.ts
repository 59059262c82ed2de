/**
 * The folder in which a device on a desk remembers: `.godwit-lin`, in the home folder, or in the one that `files=` names on
 * mcconfig's command line.
 */
import Modules from 'modules';

export interface File {
  /** Bytes read. */
  read(buffer: Uint8Array, position: number): number;
  write(buffer: Uint8Array, position: number): void;
  close(): void;
}

export interface Folder {
  /** Throws when the mode is not "w+" and there is no such file. */
  openFile(options: { path: string; mode: 'r' | 'r+' | 'w+' }): File;
  openDirectory(options: { path: string }): Folder;
  createDirectory(path: string): boolean;
  /** Replaces what is there. */
  move(from: string, to: string): void;
  /** False when there is none. */
  delete(path: string): boolean;
  /** The size is `undefined` when there is no such file. */
  status(path: string): { readonly size?: number };
}

/** The SDK's module opens a folder while it is evaluated, so it cannot be preloaded, and is imported here and now. */
export function openFolder(name: string): Folder {
  let folder = Modules.importNow('embedded:storage/files') as Folder;
  for (const path of ['.godwit-lin', name]) {
    folder.createDirectory(path);
    folder = folder.openDirectory({ path });
  }
  return folder;
}
