/** Elements, without HTML: whatever a worker has written can only become text. */

const SVG = 'http://www.w3.org/2000/svg';

type Attributes = Record<string, string | number>;

export function byId<T extends Element = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`there is no #${id}`);
  return found as unknown as T;
}

export function element(
  tag: string,
  attributes: Attributes = {},
  ...children: Array<Node | string>
): HTMLElement {
  const made = document.createElement(tag);
  setAttributes(made, attributes);
  made.append(...children);
  return made;
}

export function svgElement<T extends SVGElement>(tag: string, attributes: Attributes = {}): T {
  const made = document.createElementNS(SVG, tag);
  setAttributes(made, attributes);
  return made as unknown as T;
}

export function setAttributes(target: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    const text = String(value);
    if (target.getAttribute(name) !== text) target.setAttribute(name, text);
  }
}

/** Touches nothing that is right already, so that a selection stays. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** A list of names and values that is written over. */
export function setFigures(
  list: Element,
  figures: ReadonlyArray<[name: string, value: string]>,
): void {
  while (list.children.length > figures.length) list.lastElementChild?.remove();
  for (const [index, [name, value]] of figures.entries()) {
    let pair = list.children[index];
    if (pair === undefined) {
      pair = element('div', {}, element('dt'), element('dd'));
      list.append(pair);
    }
    setText(pair.children[0] as Element, name);
    setText(pair.children[1] as Element, value);
  }
}
