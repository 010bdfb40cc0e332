/** The metrics of several programs as one text: each family once, with the samples of all that have it. */

import { type Block, Exposition, type Family, type Format, labelsOf } from './exposition.js';
import { samplesOf } from './program/names.js';

const LEFT_OUT: Family = {
  name: 'rondo_program_metrics_left_out',
  type: 'gauge',
  help: "What of the program's own metrics is not here, by the reason.",
};

const UP: Family = {
  name: 'rondo_program_up',
  type: 'gauge',
  help: 'Whether the process that supervises the program answers.',
};

export interface ProgramBlocks {
  name: string;
  /** Null: its process does not answer. */
  blocks: readonly Block[] | null;
}

/** Their samples have the program's name as a label already. */
export function exposeSeveral(programs: readonly ProgramBlocks[], format: Format): Buffer {
  const merging = new Merging();
  for (const { name, blocks } of programs) {
    const text = `${UP.name}${labelsOf({ program: name })} ${blocks === null ? 0 : 1}\n`;
    merging.add(name, { family: UP, text });
    for (const block of blocks ?? []) merging.add(name, block);
  }
  return merging.write(new Exposition(format));
}

class Merging {
  readonly #families = new Map<string, { family: Family; texts: string[] }>();
  /** By the name of a sample the name of its family. */
  readonly #samples = new Map<string, string>();
  readonly #differing = new Map<string, number>();

  add(program: string, { family, text }: Block): void {
    if (this.#claim(family)) this.#families.get(family.name)?.texts.push(text);
    else this.#differing.set(program, (this.#differing.get(program) ?? 0) + 1);
  }

  write(into: Exposition): Buffer {
    for (const [program, count] of this.#differing) {
      const labels = labelsOf({ program, reason: 'programs_differ' });
      this.add(program, { family: LEFT_OUT, text: `${LEFT_OUT.name}${labels} ${count}\n` });
    }
    for (const { family, texts } of this.#families.values()) {
      into.family(family);
      for (const text of texts) into.samples(text);
    }
    return into.end();
  }

  /** False if another program has something else by that name. */
  #claim(family: Family): boolean {
    const { name, type, unit } = family;
    const known = this.#families.get(name)?.family;
    if (known !== undefined) return known.type === type && known.unit === unit;
    const samples = samplesOf(name, type);
    if (samples.some((sample) => this.#samples.has(sample))) return false;
    for (const sample of samples) this.#samples.set(sample, name);
    this.#families.set(name, { family, texts: [] });
    return true;
  }
}
