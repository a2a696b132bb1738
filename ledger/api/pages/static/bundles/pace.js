// Long work in one thread: lets the page breathe, and says how far it is.

const LONGEST = 50; // milliseconds without a pause

// A function to await after each piece of work: it gives way to the page now and then. `tell(done)`: told at each pause.
export function paced(tell = () => {}) {
  let last = performance.now();
  let done = 0;
  return async () => {
    done++;
    if (performance.now() - last < LONGEST) return;
    tell(done);
    await new Promise((resume) => setTimeout(resume));
    last = performance.now();
  };
}
