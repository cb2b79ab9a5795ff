import { describe, expect, it } from 'vitest';
import { noticesFor, type Trouble } from './notices';

const PROBLEMS: Trouble[] = [
  { file: 'mine.toml', panel: 'Cost', what: "asks for a metric 'costs'", hint: 'did you mean cost_usd' },
  { file: 'broken.toml', panel: '', what: 'cannot be read: <b>', hint: '' },
];
const TABS = [{ file: '' }, { file: 'mine.toml' }];

describe('remarks on own dashboards', () => {
  it('stand in the tab that they are about', () => {
    expect(
      noticesFor({ name: 'own-mine', file: 'mine.toml', notes: ['alerts do not come about'] }, PROBLEMS, TABS),
    ).toEqual(["The panel “Cost” asks for a metric 'costs': did you mean cost_usd.", 'alerts do not come about']);
  });

  it('stand on the overview where the file makes no tab, and nowhere else', () => {
    expect(noticesFor({ name: 'overview', file: '', notes: [] }, PROBLEMS, TABS)).toEqual([
      'The file broken.toml cannot be read: <b>.',
    ]);
    expect(noticesFor({ name: 'costs', file: '', notes: [] }, PROBLEMS, TABS)).toEqual([]);
  });
});
