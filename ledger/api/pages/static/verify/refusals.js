// How a check ends that does not hold: refused, or beyond what this browser can do. `step` names the step.

export class Refused extends Error {
  constructor(step, message) {
    super(message);
    this.step = step;
  }
}

export class Unable extends Error {
  constructor(step, message) {
    super(message);
    this.step = step;
  }
}
