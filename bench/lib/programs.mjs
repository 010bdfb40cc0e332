// The benchmark's programs in C++: as they were built here, or as they come with the published package.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PLACES = ['build/Release', `prebuilds/${process.platform}-${process.arch}`];

/**
 * Where it is; if it is nowhere, where `npm run build:native` would put it.
 * @param {'loadgen' | 'bare' | 'reuseport_listen'} name
 */
export function programFile(name) {
  const files = PLACES.map((place) =>
    fileURLToPath(new URL(`../../${place}/${name}`, import.meta.url)),
  );
  return files.find((file) => existsSync(file)) ?? files[0];
}
