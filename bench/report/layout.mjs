// Each chart is drawn twice, for a desk and for a phone: a drawing that is only scaled has letters
// that nobody can read.

/**
 * @typedef {object} Layout
 * @property {'wide' | 'narrow'} name
 * @property {number} width in CSS pixels, of the whole drawing
 * @property {number} columns of small charts side by side
 */

/** @type {Layout[]} */
export const LAYOUTS = [
  { name: 'wide', width: 860, columns: 4 },
  { name: 'narrow', width: 340, columns: 2 },
];
