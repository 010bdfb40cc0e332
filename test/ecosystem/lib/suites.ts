/** What is run with the preload beside plain Node, case by case: the rows of docs/compatibility.md. */

export interface Suite {
  /** As its results are recorded. */
  name: string;
  /** By the names in package.json. */
  packages: string[];
  /** The package's own tests, of its tarball, or programs of ours that do what it promises. */
  tests: string;
}

const OWN = 'its own tests, of its tarball';
const OURS = 'a program for each thing that it promises';

export const SUITES: readonly Suite[] = [
  { name: 'cfork', packages: ['cfork'], tests: OURS },
  { name: 'throng', packages: ['throng'], tests: OURS },
  { name: 'clusterhub', packages: ['clusterhub'], tests: OURS },
  { name: 'recluster', packages: ['recluster'], tests: OWN },
  { name: 'sticky-session', packages: ['sticky-session'], tests: OWN },
  {
    name: '@socket.io/cluster-adapter',
    packages: ['@socket.io/cluster-adapter', '@socket.io/sticky', 'socket.io', 'socket.io-client'],
    tests: OURS,
  },
  { name: 'pm2', packages: ['pm2'], tests: OURS },
];
