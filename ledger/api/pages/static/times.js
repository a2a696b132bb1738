// Times in the reader's own time. Without scripts they stand in UTC, and say so.
import { inLocalTime } from "./language.js";

// The times in `place`, which a script may have added to the page later.
export function localise(place = document) {
  for (const time of place.querySelectorAll("time[datetime]")) time.textContent = inLocalTime(Date.parse(time.dateTime) / 1000);
}

localise();
