/** Labels as they are written. Pure. */

/** `name="value"`, where a value ends at the first quote that is not escaped. */
const PAIR = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** `{seat="0",reason="exit"}`, with what is in the values escaped; `''` for none. */
export function labelsOf(labels: Readonly<Record<string, string | number>>): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${escapeValue(String(value))}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** The same with labels of all samples before them; a label that has the name of one is renamed as Prometheus does. */
export function withOwn(labels: string, own: Readonly<Record<string, string>>): string {
  let text = labels;
  let before = '';
  for (const name in own) {
    if (text.includes(`${name}="`)) {
      text = text.replace(PAIR, (pair, found) => (found === name ? `exported_${pair}` : pair));
    }
    before += `${before === '' ? '' : ','}${name}="${escapeValue(own[name] as string)}"`;
  }
  if (before === '') return text;
  return text === '' ? `{${before}}` : `{${before},${text.slice(1)}`;
}

export function escapeHelp(text: string): string {
  return text.replace(/[\\\n]/g, escaped);
}

export function escapeValue(text: string): string {
  return text.replace(/[\\\n"]/g, escaped);
}

function escaped(character: string): string {
  return character === '\n' ? '\\n' : `\\${character}`;
}
