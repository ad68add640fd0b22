const FRAMES = ['|', '/', '-', '\\'];
const FRAME_MS = 125;

/**
 * @typedef {object} Progress
 * @property {<T>(text: string, work: () => Promise<T>) => Promise<T>} during shows that `work` goes on, and how long it
 *   took
 */

/**
 * Shows that slow work goes on. A terminal gets one line with the seconds counting up; a file or a pipe gets one line at
 * the beginning and one at the end.
 *
 * @param {Pick<NodeJS.WriteStream, 'write' | 'isTTY'>} stream
 * @returns {Progress}
 */
export const createProgress = (stream) => ({
  during: async (text, work) => {
    const startedAt = performance.now();
    const seconds = () => `${Math.round((performance.now() - startedAt) / 1000)} s`;
    const stopDrawing = stream.isTTY ? drawOn(stream, text, seconds) : writeOnce(stream, text);
    let ending = 'failed after';
    try {
      const value = await work();
      ending = 'done in';
      return value;
    } finally {
      stopDrawing();
      stream.write(`${text}: ${ending} ${seconds()}\n`);
    }
  },
});

/**
 * @param {Pick<NodeJS.WriteStream, 'write'>} stream
 * @param {string} text
 * @param {() => string} seconds
 */
const drawOn = (stream, text, seconds) => {
  let frame = 0;
  const draw = () => stream.write(`\r\x1b[K${FRAMES[frame++ % FRAMES.length]} ${text} (${seconds()})`);
  draw();
  const timer = setInterval(draw, FRAME_MS);
  return () => {
    clearInterval(timer);
    stream.write('\r\x1b[K');
  };
};

/**
 * @param {Pick<NodeJS.WriteStream, 'write'>} stream
 * @param {string} text
 */
const writeOnce = (stream, text) => {
  stream.write(`${text} ...\n`);
  return () => {};
};
