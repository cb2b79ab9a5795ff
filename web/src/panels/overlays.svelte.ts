/** What a panel asks for beside its own answer: forecast, markers, and the whole that its parts add up to. */

import { addsUp } from '../charts/adding';
import type { Forecasts, Overlays, TimeMarkers } from '../charts/overlays';
import { about } from '../lib/about.svelte';
import { address } from '../lib/address.svelte';
import type { Answer, PanelAbout } from '../lib/answers';
import { urlOf, type Parameters } from '../lib/api';
import { follow, questionOf, type Resource } from '../lib/resource.svelte';
import { filterParameters, hasBefore } from '../lib/window';

/** Call while a component is set up. The panel's answer says what is worth asking for. */
export function followOverlays(panel: () => PanelAbout, scope: () => Parameters, answer: () => Answer | null) {
  const zone = (): Parameters => (address.place.tz ? [['tz', address.place.tz]] : []);
  const forecast = follow<Forecasts>(() =>
    panel().overlays.includes('forecast') && answer()?.grain === 'day'
      ? urlOf('/api/v1/forecast', [...zone(), ...filterParameters(address.place, panel().filters)])
      : null,
  );
  const markers = follow<TimeMarkers>(() =>
    panel().overlays.includes('markers') ? urlOf('/api/v1/markers', scope()) : null,
  );
  const wholeUrl = $derived(wholeOf(panel(), scope(), answer()));
  const whole = follow<Answer>(() => wholeUrl);
  return {
    get shown(): Overlays {
      return {
        forecast: forecast.data,
        markers: markers.data,
        // Parts are taken from it: the whole under other filters would make a wrong rest.
        whole: wholeUrl !== null && questionOf(whole.answered) === questionOf(wholeUrl) ? whole.data : null,
        problems: [why('The forecast', forecast), why('Marks', markers)].filter((text) => text !== ''),
      };
    },
  };
}

/** Where to ask for the same figure without parts: for a comparison with the window before, or for what a limit cut off. */
export function wholeOf(panel: PanelAbout, scope: Parameters, answer: Answer | null): string | null {
  const metric = panel.metrics[0] ?? '';
  if (answer === null || !panel.by.length || !addsUp(metric, about.metrics)) return null;
  const asked: Parameters = [['metrics', metric]];
  if (panel.chart === 'timeseries') {
    // The answer may still be of the window that was shown before this one.
    if (!panel.compare || !address.place.compare || !hasBefore(address.place)) return null;
    if (answer.previous === undefined || answer.grain === null) return null;
    return urlOf('/api/v1/query', [...asked, ['grain', answer.grain], ['compare', 'previous'], ...scope]);
  }
  return answer.total_rows > answer.rows.length ? urlOf('/api/v1/query', [...asked, ...scope]) : null;
}

function why(what: string, { problem }: Resource<unknown>): string {
  return problem === null ? '' : `${what} could not be asked for: ${problem.message}`;
}
