// Colors and type of the report. Charts name their colors as CSS variables, so that one drawing
// serves light and dark, and a contestant has one color in all charts of all reports.
import { CONTESTANTS } from '../contestants/index.mjs';

/** What has to be legible on either paper; neighbors differ in hue and in lightness. */
const CONTESTANT_COLORS = {
  light: (
    '#2b7ad6 #a52c17 #009070 #763da2 #99740e #0f6880 #c24976 #2e6f04 #616ed7 #904605 ' +
    '#018d87 #8a338b #857d0c #016398 #c74a51 #097044 #8362cd #7f5306 #028a9b #992b6e ' +
    '#54651a #a8408f #44607a #7d4b3f'
  ).split(' '),
  dark: (
    '#5fa1f3 #ffa28e #17b991 #d4a7ff #c69612 #2dd1fe #e3769b #90d377 #8696f5 #fda66f ' +
    '#07b6af #ee9cec #aca220 #7bc6ff #e8777a #63d99a #a58bec #f4ae4a #0ab2c8 #ff97ce ' +
    '#c2d36b #f08ad9 #9fbedb #dba493'
  ).split(' '),
};

const COLORS = {
  light: {
    paper: '#ffffff',
    ink: '#1b1f24',
    muted: '#57606a',
    grid: '#d8dee4',
    panel: '#f6f8fa',
    primary: '#b3400b',
    workers: '#2b7ad6',
    client: '#b4bcc5',
    warning: '#8a4600',
  },
  dark: {
    paper: '#14171b',
    ink: '#e8ebee',
    muted: '#a2abb5',
    grid: '#363c44',
    panel: '#1d2127',
    primary: '#ff9a5c',
    workers: '#4f93e6',
    client: '#616a75',
    warning: '#f0b13c',
  },
};

export const FONT = 'system-ui, -apple-system, Segoe UI, Roboto, sans-serif';
export const FONT_SIZE = 12;

/** `0.5`, `500`, `50k`, `1.5M`, in the language of Vega's expressions. */
export const NUMBER_LABEL = "format(datum.value, datum.value < 1000 ? '~r' : '~s')";

/** Of the font size; an average of digits and small letters, for there is no font to ask. */
const CHARACTER_WIDTH = 0.58;

/**
 * @param {string} text
 * @param {number} size
 */
export function textWidth(text, size = FONT_SIZE) {
  return text.length * size * CHARACTER_WIDTH;
}

/**
 * @param {string} contestant
 * @param {string[]} contestants those of the report
 */
export function colorOf(contestant, contestants) {
  const known = Object.keys(CONTESTANTS);
  const all = [...known, ...contestants.filter((name) => !known.includes(name))];
  return `var(--c${all.indexOf(contestant) % CONTESTANT_COLORS.light.length})`;
}

/** The variables, for the element that `selector` names. */
export function colorCss(selector = ':root') {
  return (
    `${selector}{color-scheme:light dark;${variables('light')}}` +
    `@media (prefers-color-scheme:dark){${selector}{${variables('dark')}}}`
  );
}

/** @param {'light' | 'dark'} scheme */
function variables(scheme) {
  const contestants = CONTESTANT_COLORS[scheme].map((color, index) => `--c${index}:${color}`);
  const others = Object.entries(COLORS[scheme]).map(([name, color]) => `--${name}:${color}`);
  return [...contestants, ...others].join(';');
}

/**
 * What all charts have in common.
 * @type {import('vega-lite').Config}
 */
export const CHART_CONFIG = {
  aria: false,
  background: 'transparent',
  font: FONT,
  padding: 2,
  view: { stroke: null },
  axis: {
    labelColor: 'var(--ink)',
    labelFontSize: FONT_SIZE,
    labelLimit: 0,
    titleColor: 'var(--muted)',
    titleFontSize: FONT_SIZE,
    titleFontWeight: 'normal',
    gridColor: 'var(--grid)',
    domainColor: 'var(--muted)',
    tickColor: 'var(--muted)',
  },
  legend: {
    labelColor: 'var(--ink)',
    labelFontSize: FONT_SIZE,
    labelLimit: 0,
    titleColor: 'var(--muted)',
    orient: 'top',
    title: null,
    symbolType: 'square',
  },
  header: { labelColor: 'var(--ink)', labelFontSize: FONT_SIZE, labelLimit: 0, title: null },
};
