// Formats the C++ sources, or with --check says which are not formatted.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { hasCommand, must, root } from './support.mjs';

const check = process.argv.includes('--check');
const files = ['native', 'bench', 'scripts']
  .map((directory) => path.join(root, directory))
  .filter((directory) => existsSync(directory))
  .flatMap((directory) => readdirSync(directory, { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile() && /\.(cc|h)$/.test(entry.name))
  .map((entry) => path.join(entry.parentPath, entry.name));

if (!(await hasCommand('clang-format'))) {
  console.warn('rondo: warning: no clang-format here, the C++ sources were not looked at');
} else if (files.length > 0) {
  await must('clang-format', [...(check ? ['--dry-run', '-Werror'] : ['-i']), ...files]);
}
