// The releases of the program, as a deploy lays them out: a directory each, and a link `current` that is
// turned to the next one.
import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export class Releases {
  #app;
  #directory = mkdtempSync(path.join(tmpdir(), 'rondo-chaos-'));
  #number = 0;

  /** @param {string} app the program's file */
  constructor(app) {
    this.#app = app;
    mkdirSync(path.join(this.#directory, 'releases'));
    this.turn();
  }

  /** The program by the link. */
  get exec() {
    return path.join(this.#directory, 'current', path.basename(this.#app));
  }

  /** A Unix path beside them. */
  get socket() {
    return path.join(this.#directory, 'app.sock');
  }

  get name() {
    return String(this.#number);
  }

  /** Makes a release, and turns the link to it in one step. */
  turn() {
    this.#number++;
    const release = path.join(this.#directory, 'releases', this.name);
    mkdirSync(release);
    copyFileSync(this.#app, path.join(release, path.basename(this.#app)));
    const next = path.join(this.#directory, 'next');
    symlinkSync(path.join('releases', this.name), next);
    renameSync(next, path.join(this.#directory, 'current'));
  }

  /** Those before the one that the link leads to. */
  removeOld() {
    for (let number = 1; number < this.#number; number++) {
      rmSync(path.join(this.#directory, 'releases', String(number)), {
        recursive: true,
        force: true,
      });
    }
  }

  remove() {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
