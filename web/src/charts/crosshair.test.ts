import { describe, expect, it } from 'vitest';
import { placesOf } from './crosshair.svelte';
import { spanOfPiece } from './pieces';

describe('a moment in a chart of other pieces', () => {
  const spans = (pieces: readonly string[], time: string) => pieces.map((piece) => spanOfPiece(piece, time));
  const days = spans(['2026-10-24', '2026-10-25', '2026-10-26'], 'day');

  it('is the piece around it, or all those within it', () => {
    expect(placesOf(spanOfPiece('2026-10-25T13:00:00+01:00', 'hour'), days)).toEqual([1, 1]);
    expect(placesOf(spanOfPiece('2026-10-19', 'week'), days)).toEqual([0, 1]);
    expect(placesOf(spanOfPiece('2026-10-01', 'month'), days)).toEqual([0, 2]);
    expect(placesOf(spanOfPiece('2026-11-02', 'week'), days)).toBeNull();
    expect(placesOf(spanOfPiece('2026-10-23', 'day'), days)).toBeNull(); // it ends where the first one begins
  });

  it('is one of the two hours that look alike when the clock goes back', () => {
    const night = ['02:00:00+02:00', '02:00:00+01:00', '03:00:00+01:00'].map((hour) => `2026-10-25T${hour}`);
    const hours = spans(night, 'hour');
    expect(placesOf(spanOfPiece(night[1] ?? '', 'hour'), hours)).toEqual([1, 1]);
    expect(placesOf(spanOfPiece('2026-10-25', 'day'), hours)).toEqual([0, 2]);
  });

  it('does not take a week for the day that has the name of its Monday', () => {
    const week = spanOfPiece('2026-10-19', 'week');
    const monday = spans(['2026-10-19', '2026-10-20'], 'day');
    expect(placesOf(week, monday)).toEqual([0, 1]);
  });
});
