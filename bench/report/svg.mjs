// From a chart in the words of Vega-Lite to the text of an SVG element that needs nothing else.
import { optimize } from 'svgo';
import * as vega from 'vega';
import { compile } from 'vega-lite';
import { CHART_CONFIG, colorCss, FONT, textWidth } from './theme.mjs';

// Without a canvas Vega takes letters to be wider than they are, and leaves out what would fit. Its types
// do not have it.
const { textMetrics } = /** @type {any} */ (vega);
textMetrics.width = (
  /** @type {{ text?: unknown, fontSize?: number }} */ item,
  /** @type {unknown} */ text,
) => textWidth(String(text ?? item.text ?? ''), item.fontSize);

/**
 * @param {object} spec of Vega-Lite
 * @param {{ id: string, title: string, words: string }} text the id has to be unique in its page
 */
export async function drawSvg(spec, { id, title, words }) {
  const { spec: drawing } = compile(/** @type {any} */ ({ ...spec, config: CHART_CONFIG }));
  const view = new vega.View(vega.parse(drawing), { renderer: 'none' });
  const drawn = slim(await view.toSVG());
  view.finalize();
  const label = `<title id="${id}-t">${escapeText(title)}</title><desc id="${id}-d">${escapeText(words)}</desc>`;
  return drawn.replace(
    /^<svg ([^>]*)>/,
    `<svg $1 role="img" font-family="${FONT}" aria-labelledby="${id}-t" aria-describedby="${id}-d">${label}`,
  );
}

/**
 * The same, to stand as a file of its own, with its colors.
 * @param {string} svg
 */
export function standAlone(svg) {
  return svg.replace(/(<\/desc>)/, `$1<style>${colorCss('svg')}</style>`);
}

/** @param {string} text */
export function escapeText(text) {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * Vega writes out what is there for a mouse, what is hidden, the font with each word and 15 decimals.
 * More than half of the bytes are of no use to a picture.
 * @param {string} svg
 */
function slim(svg) {
  return optimize(svg, {
    multipass: true,
    floatPrecision: 1,
    plugins: [
      { name: 'removeAttrs', params: { attrs: '(class|role|aria-.*|pointer-events|font-family)' } },
      'preset-default',
    ],
  }).data;
}
