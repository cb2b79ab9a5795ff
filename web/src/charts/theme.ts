/** The colours of the page's style sheet, as charts need them. */

export interface Theme {
  readonly ink: string;
  readonly soft: string;
  readonly line: string;
  readonly panel: string;
  readonly raised: string;
  readonly mark: string;
  readonly markGround: string;
  readonly bad: string;
  readonly series: readonly string[];
  readonly rest: string;
  readonly isDark: boolean;
}

/** What the tokens stand for now, in the light or dark scheme that holds. */
export function readTheme(): Theme {
  const probe = document.createElement('span');
  document.body.append(probe);
  const value = (token: string) => {
    probe.style.color = `var(--${token})`;
    return getComputedStyle(probe).color;
  };
  const theme = {
    ink: value('ink'),
    soft: value('soft'),
    line: value('line'),
    panel: value('panel'),
    raised: value('raised'),
    mark: value('mark'),
    markGround: value('mark-ground'),
    bad: value('bad'),
    series: [1, 2, 3, 4, 5, 6, 7, 8].map((place) => value(`series-${place}`)),
    rest: value('series-rest'),
    isDark: isDark(value('ground')),
  };
  probe.remove();
  return theme;
}

/** Calls back when light becomes dark or the other way about; returns what ends that. */
export function watchTheme(changed: () => void): () => void {
  const media = matchMedia('(prefers-color-scheme: dark)');
  media.addEventListener('change', changed);
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  return () => {
    media.removeEventListener('change', changed);
    observer.disconnect();
  };
}

function isDark(colour: string): boolean {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return red + green + blue < 384;
}
