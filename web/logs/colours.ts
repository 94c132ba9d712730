/** The sixteen colours that the style sheet knows, as terminals show them. */
const COLOURS: readonly (readonly [name: string, red: number, green: number, blue: number])[] = [
  ['black', 0, 0, 0],
  ['red', 187, 0, 0],
  ['green', 0, 187, 0],
  ['yellow', 187, 187, 0],
  ['blue', 0, 0, 187],
  ['magenta', 187, 0, 187],
  ['cyan', 0, 187, 187],
  ['white', 229, 229, 229],
  ['bright-black', 85, 85, 85],
  ['bright-red', 255, 85, 85],
  ['bright-green', 0, 255, 0],
  ['bright-yellow', 255, 255, 85],
  ['bright-blue', 85, 85, 255],
  ['bright-magenta', 255, 85, 255],
  ['bright-cyan', 85, 255, 255],
  ['bright-white', 255, 255, 255],
];

/**
 * The name of one of the sixteen colours, for a colour as `anser` names it: by name, by its place in the palette of 256,
 * or by its parts (`"10, 20, 30"`). Pages allow no inline style, so any other colour becomes the nearest of these.
 */
export function colourName(colour: string, parts: string | null): string | undefined {
  if (parts !== null) return nearest(parts.split(',').map(Number));
  const place = /^ansi-palette-(\d+)$/.exec(colour)?.[1];
  if (place !== undefined) return nearest(paletteParts(Number(place)));
  const name = colour.replace(/^ansi-/, '');
  return COLOURS.some(([known]) => known === name) ? name : undefined;
}

/** Places 16 to 231 are a cube of six levels a side, 232 to 255 are grays. */
function paletteParts(place: number): number[] {
  if (place >= 232) return [0, 0, 0].fill(8 + (place - 232) * 10);
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  const cube = place - 16;
  return [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map(level);
}

function nearest([red = 0, green = 0, blue = 0]: readonly number[]): string | undefined {
  let best: { name: string; far: number } | undefined;
  for (const [name, r, g, b] of COLOURS) {
    const far = (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2;
    if (best === undefined || far < best.far) best = { name, far };
  }
  return best?.name;
}
