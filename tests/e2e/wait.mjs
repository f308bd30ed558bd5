// Waiting for events. Every time limit is a fail-safe: it ends a broken test, it times nothing.

/** The promise's own outcome, or an error that says what did not happen. */
export function within(milliseconds, promise, what) {
  let timer;
  const deadline = new Promise((_, reject) => {
    const late = new Error(`not within ${milliseconds} ms: ${what}`);
    timer = setTimeout(() => reject(late), milliseconds);
  });
  return Promise.race([promise, deadline]).finally(() => clearTimeout(timer));
}

/** For what sends no event, such as /proc: looks again and again until `look` stops throwing. */
export async function eventually(milliseconds, look) {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
