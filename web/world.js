// The world for maps that the service draws: an outline of all land, and where each UN/LOCODE lies that a package knows.
//
// Everything is in tenths of a degree, east and south positive, so the plane of the drawing is the plate carrée:
// x = 10 · longitude, y = −10 · latitude. No browser loads the places, and the outline only where a map is shown.

import { readFile } from "node:fs/promises";
import path from "node:path";
import { feature } from "topojson-client";

export const PACKAGES = ["sea-ports", "world-atlas"];
const LOCODE = /^[A-Z]{2}[A-Z2-9]{3}$/;

const tenths = (degrees) => Math.round(degrees * 10);
const onPlane = ([longitude, latitude]) => [tenths(longitude), tenths(-latitude)];

/** A ring whose points follow each other the short way: where it crosses the antimeridian it goes on beyond ±180°. Its
 * middle lies in the world as it is drawn once. */
function unbroken(ring) {
  let before = ring[0][0];
  const points = ring.map(([x, y]) => {
    before += ((((x - before + 1800) % 3600) + 3600) % 3600) - 1800;
    return [before, y];
  });
  const eastings = points.map(([x]) => x);
  const aside = 3600 * Math.round((Math.min(...eastings) + Math.max(...eastings)) / 2 / 3600);
  return points.map(([x, y]) => [x - aside, y]);
}

/** A closed ring as the data of a path; points that fall together are drawn once, and a ring of fewer than three not. */
function drawn(ring) {
  const points = unbroken(ring.map(onPlane)).filter(([x, y], i, all) => i === 0 || x !== all[i - 1][0] || y !== all[i - 1][1]);
  if (points.length < 4) return "";
  const steps = points.slice(1, -1).map(([x, y], i) => `${x - points[i][0]} ${y - points[i][1]}`);
  return `M${points[0].join(" ")}l${steps.join(" ")}z`.replaceAll(" -", "-");
}

/** The files of the library `world` by name: `world.svg` with the outline as #land, `world.json` with the places. */
export async function world(modules) {
  const read = async (file) => JSON.parse(await readFile(path.join(modules, file), "utf8"));
  const atlas = await read("world-atlas/land-110m.json");
  const polygons = feature(atlas, atlas.objects.land).features.flatMap(({ geometry }) => geometry.coordinates);
  // Antarctica, which goes round the pole, has no port.
  const outline = polygons.flat().filter((ring) => ring.some(([, latitude]) => latitude > -60)).map(drawn).join("");
  const ports = await read("sea-ports/lib/ports.json");
  const known = Object.entries(ports).filter(([code, { coordinates }]) => {
    const [longitude, latitude] = coordinates ?? [NaN, NaN];
    return LOCODE.test(code) && Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90;
  });
  if (outline === "" || known.length === 0) throw new Error("no land or no places: have the packages another form now?");
  const places = Object.fromEntries(known.map(([code, { coordinates }]) => [code, onPlane(coordinates)]).sort());
  return {
    "world.json": `${JSON.stringify(places)}\n`,
    "world.svg": `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1800 -900 3600 1800"><path id="land" d="${outline}"/></svg>\n`,
  };
}
