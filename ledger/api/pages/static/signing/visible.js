// Text that others chose, as it may stand among our own words before somebody signs. Twin of ledger/common/visible.py.
//
// Characters that show nothing and act on what stands around them (control characters, line ends, marks of direction, blanks of
// no width) are named by their code points. Text of a script that is written from right to left is set apart, so that the
// numbers and words after it stay in their order (Unicode Standard Annex 9, isolates).
const ACTING = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const FROM_THE_RIGHT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const [APART, END] = ["\u2068", "\u2069"];

const named = (character) => `⟨U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`;

export function visible(text) {
  const shown = String(text).replace(ACTING, named);
  return FROM_THE_RIGHT.test(shown) ? `${APART}${shown}${END}` : shown;
}
