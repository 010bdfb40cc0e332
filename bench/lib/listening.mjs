// Workers that listen by themselves: each tells its primary so, and at which port.

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<number>} the port
 */
export function listening(child) {
  return new Promise((resolve) => {
    child.on('message', (/** @type {any} */ message) => {
      if (message?.type === 'listening') resolve(message.port);
    });
  });
}

/** An older Node ignores the option `reusePort`, and the second worker fails with EADDRINUSE. */
export function hasReusePort() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > 23 || (major === 23 && minor >= 1);
}
