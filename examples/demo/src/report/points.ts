import type { Point } from '../series.ts';

/** The highest point, the last of several. */
export function peakOf(points: readonly Point[]): Point {
  return points.reduce((peak, point) => (point.y >= peak.y ? point : peak), { x: 0, y: 0 });
}

/** The lowest point, of several the one in the middle. */
export function lowestOf(points: readonly Point[]): Point {
  const least = Math.min(...points.map(({ y }) => y));
  const lowest = points.filter(({ y }) => y === least);
  return lowest[Math.floor(lowest.length / 2)] ?? { x: 0, y: 0 };
}

/** The points inside a stretch of x; those at its borders belong to both sides. */
export function within({ from, to }: { readonly from: number; readonly to: number }, points: readonly Point[]): Point[] {
  return points.filter(({ x }) => x > from && x < to);
}

/** The point closest in time; the first of several. */
export function nearest(points: readonly Point[], x: number): Point {
  const closer = (best: Point, point: Point): Point => (Math.abs(point.x - x) < Math.abs(best.x - x) ? point : best);
  return points.reduce(closer, points[0] ?? { x, y: Number.NaN });
}

export function largest(...lines: (readonly Point[])[]): number {
  return Math.max(0, ...lines.flat().map(({ y }) => y));
}
