// Puts the page of `--metrics` together: one HTML file in dist/, from page.html, styles/*.css and the modules of
// browser/. Those become one script, so their top-level names are in one scope; the same name twice is an error.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { root } from './support.mjs';

const source = path.join(root, 'src/metrics/page');
const ENTRY = 'main.ts';

export function buildPage(target = path.join(root, 'dist/metrics/page/page.html')) {
  const html = readFileSync(path.join(source, 'page.html'), 'utf8');
  writeFileSync(
    target,
    fill(fill(html, '/* styles/*.css */', styles()), '/* browser/*.ts */', script()),
  );
}

/** `replace()` would take a `$` in the text for something else. */
function fill(html, place, text) {
  const parts = html.split(place);
  if (parts.length !== 2) throw new Error(`page.html must have ${place} once`);
  if (/<\/(script|style)/i.test(text))
    throw new Error(`what is for ${place} would end its element`);
  return parts.join(`\n${text}`);
}

function styles() {
  const directory = path.join(source, 'styles');
  const files = readdirSync(directory).sort();
  return files.map((file) => readFileSync(path.join(directory, file), 'utf8')).join('\n');
}

function script() {
  const texts = new Map();
  const names = new Map();
  add(ENTRY, texts, names);
  return [...texts.values()].join('\n');
}

/** What a module imports comes before it. */
function add(file, texts, names) {
  if (texts.has(file)) return;
  const text = readFileSync(path.join(source, 'browser', file), 'utf8');
  const { statements } = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  for (const statement of statements) {
    if (ts.isImportDeclaration(statement) && statement.importClause?.isTypeOnly !== true) {
      add(path.basename(statement.moduleSpecifier.text).replace(/\.js$/, '.ts'), texts, names);
    }
    for (const name of declaredBy(statement)) {
      if (names.has(name)) throw new Error(`${name} is in ${names.get(name)} and in ${file}`);
      names.set(name, file);
    }
  }
  texts.set(file, plain(text));
}

function declaredBy(statement) {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  }
  const hasName = ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement);
  return hasName ? [statement.name.text] : [];
}

/** JavaScript without types, imports, exports and comments. */
function plain(text) {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      removeComments: true,
    },
    transformers: { after: [withoutModules] },
  });
  return outputText;
}

function withoutModules(context) {
  return (file) => {
    const kept = file.statements
      .filter((one) => !ts.isImportDeclaration(one) && !ts.isExportDeclaration(one))
      .map((one) => withoutExport(one, context.factory));
    return context.factory.updateSourceFile(file, kept);
  };
}

function withoutExport(statement, factory) {
  if (!ts.canHaveModifiers(statement)) return statement;
  const modifiers = ts
    .getModifiers(statement)
    ?.filter(({ kind }) => kind !== ts.SyntaxKind.ExportKeyword);
  return ts.isFunctionDeclaration(statement)
    ? factory.updateFunctionDeclaration(
        statement,
        modifiers,
        statement.asteriskToken,
        statement.name,
        undefined,
        statement.parameters,
        undefined,
        statement.body,
      )
    : ts.isClassDeclaration(statement)
      ? factory.updateClassDeclaration(
          statement,
          modifiers,
          statement.name,
          undefined,
          statement.heritageClauses,
          statement.members,
        )
      : ts.isVariableStatement(statement)
        ? factory.updateVariableStatement(statement, modifiers, statement.declarationList)
        : statement;
}
