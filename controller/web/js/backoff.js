// @ts-check
/** How long to wait before the next attempt: doubling from 250 ms to 4 s, spread by half so that a hall's consoles do not come at once.
 * @param {number} attempt from 0 @param {number} chance 0 to 1 */
export function waitMs(attempt, chance) {
  const full = Math.min(4000, 250 * 2 ** Math.min(attempt, 10));
  return Math.round(full * (0.5 + chance / 2));
}
