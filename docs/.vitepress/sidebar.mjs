// The pages in the order in which a reader needs them.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const page = (text, link) => ({ text, link });

export const sidebar = [
  {
    text: 'Begin',
    items: [
      page('Getting started', '/start'),
      page('What it costs, and its limits', '/costs'),
      page('Troubleshooting', '/troubleshooting'),
    ],
  },
  {
    text: 'Migrate',
    items: [
      page('From node:cluster', '/cluster'),
      page('From pm2', '/from-pm2'),
      page('From egg-cluster', '/from-egg-cluster'),
      page('From throng, cfork or recluster', '/from-throng-cfork-recluster'),
    ],
  },
  {
    text: 'With your program',
    items: [
      page('Frameworks', '/frameworks'),
      page('WebSockets and Socket.IO', '/websockets'),
      page('TypeScript', '/typescript'),
      page('Bundlers', '/bundling'),
      page('Embed a Supervisor', '/supervisor'),
      page('Embed a Dispatcher', '/dispatcher'),
    ],
  },
  {
    text: 'Operate',
    items: [
      page('Operations', '/operations'),
      page('Control a running rondo', '/operate/control'),
      page('Live views', '/operate/views'),
      page('Metrics and alerts', '/operate/figures'),
      page('Metrics of the program', '/operate/program-metrics'),
      page('Containers and systemd', '/operate/containers'),
      page('Upgrade Node or rondo', '/operate/upgrade'),
      page('Behind a proxy', '/operate/proxy-protocol'),
      page('Several programs, logs, watch', '/operate/programs'),
    ],
  },
  {
    text: 'Connections',
    items: [
      page('Requests, not only connections', '/requests'),
      page('Sticky sessions', '/sticky'),
      page('Several programs on one port', '/route'),
    ],
  },
  {
    text: 'Workers together',
    items: [
      page('Let workers talk', '/talk'),
      page('Messages', '/messages'),
      page('Shared state', '/shared'),
      page('Limits', '/limits'),
      page('One machine or several', '/scaling'),
      page('clusterhub, egg, Socket.IO', '/compat'),
    ],
  },
  { text: 'How it works', items: [page('How it works', '/how-it-works')] },
  {
    text: 'Figures',
    items: [
      page('Benchmark', '/benchmark'),
      page('Trend', '/trend'),
      page('Compatibility', '/compatibility'),
    ],
  },
  {
    text: 'Reference',
    items: [
      page('Errors and warnings', '/errors'),
      page('Reference: modules, environment variables', '/reference'),
      page('API', '/api/'),
    ],
  },
];

/** A page for each module of TypeDoc's list; none before it has written one. */
export function apiSidebar(docs) {
  const file = path.join(docs, 'api/index.md');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const modules = [...text.matchAll(/^- \[(.*?)\]\((.*?)\.md\)$/gm)];
  const items = modules.map(([, name, link]) => page(name, `/api/${link}`));
  return [
    { text: 'API', link: '/api/', items },
    { items: [page('← All pages', '/start')] },
  ];
}
