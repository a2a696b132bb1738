// What a check says, in no language yet: a message with named places, and what stands in them.

// `text`: in English, with {name} for each value. Values: text, numbers, other messages, moments.
export const msg = (text, values = {}) => ({ text, values });

// A time in UTC seconds, which each reader's browser writes its own way.
export const moment = (seconds) => ({ seconds });

// Things of which there may be several, one after another.
export const list = (items) => ({ items });
