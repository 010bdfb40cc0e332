/** The version of the package, as in package.json, which is not beside this code when it is in a bundle. */
export const VERSION = '0.1.0';
