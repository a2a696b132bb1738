// How a check ends that does not hold: refused, or beyond what this browser can do. `step` names the step.

// An error that says why by a message of messages.js.
export class Told extends Error {
  constructor(words) {
    super(words.text);
    this.words = words;
  }
}

export class Refused extends Told {
  constructor(step, words) {
    super(words);
    this.step = step;
  }
}

export class Unable extends Told {
  constructor(step, words) {
    super(words);
    this.step = step;
  }
}
