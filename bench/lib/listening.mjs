// A worker that listens by itself tells its primary so, and at which port.

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
