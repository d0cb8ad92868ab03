/** @file Generated shapes. */
import fc from 'fast-check';

/** Two shapes that stretch to one. */
export const fittingShapes = fc
  .array(fc.tuple(fc.nat(4), fc.constantFrom('both', 'x', 'y')), { maxLength: 4 })
  .chain((axes) =>
    fc.record({
      x: fc.constant(axes.map(([extent, who]) => (who === 'y' ? 1 : extent))),
      y: fc.nat(axes.length).map((cut) => axes.slice(cut).map(([extent, who]) => (who === 'x' ? 1 : extent))),
    }),
  );
