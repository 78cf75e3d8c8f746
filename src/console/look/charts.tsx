/**
 * Charts, drawn on the server as SVG without a style of their own: shapes have classes, so they follow the page's colours in light, dark and
 * print. Words and numbers stand beside a chart as HTML, where they keep their size, and in its table.
 */
import type { Child } from "hono/jsx";
import type { Tone } from "./parts.tsx";

/** One kind of thing in a chart, with the colour that it has everywhere. */
export type Series = { name: string; tone: Tone };

/** One bar: its place on the axis, and how much of each kind. */
export type Bar = { label: string; counts: readonly number[] };

const WIDTH = 1_000;
const HEIGHT = 200;
/** Of a bar's place, what stays empty beside it. */
const GAP = 0.16;

/** A time in a bar's label, where there are few bars or this is one of the ends. */
const number = (count: number): string => count.toLocaleString("en-GB");

/** Bars of kinds on top of one another, with a legend and the same as a table. */
export function StackedBars({
  id,
  title,
  series,
  bars,
}: {
  id: string;
  title: string;
  series: readonly Series[];
  bars: readonly Bar[];
}) {
  const totals = bars.map(({ counts }) => counts.reduce((sum, count) => sum + count, 0));
  const most = Math.max(1, ...totals);
  const sums = series.map((_, nth) => bars.reduce((sum, { counts }) => sum + (counts[nth] ?? 0), 0));
  const says = series.map(({ name }, nth) => `${name} ${number(sums[nth] ?? 0)}`).join(", ");
  return (
    <figure class="chart" aria-labelledby={`${id}-title`}>
      <figcaption id={`${id}-title`} class="said">
        {title}
      </figcaption>
      <div class="plot">
        <span class="soft small most num">{number(most)}</span>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`${title}: ${says}`}>
          {[0, 0.5, 1].map((part) => (
            <line class="grid" x1="0" x2={WIDTH} y1={HEIGHT * part} y2={HEIGHT * part} />
          ))}
          {bars.map((bar, at) => (
            <Stack bar={bar} series={series} most={most} at={at} of={bars.length} />
          ))}
        </svg>
        <div class="axis soft small">
          <span>{bars[0]?.label}</span>
          <span>{bars.at(-1)?.label}</span>
        </div>
      </div>
      <ul class="plain legend small">
        {series.map(({ name, tone }, nth) => (
          <li>
            <Key tone={tone} />
            {name} <strong class="num">{number(sums[nth] ?? 0)}</strong>
          </li>
        ))}
      </ul>
      <AsTable
        title={title}
        heads={series.map(({ name }) => name)}
        rows={bars.map(({ label, counts }) => [label, ...counts.map(number)])}
      />
    </figure>
  );
}

function Stack({
  bar,
  series,
  most,
  at,
  of,
}: {
  bar: Bar;
  series: readonly Series[];
  most: number;
  at: number;
  of: number;
}) {
  const place = WIDTH / of;
  let top = HEIGHT;
  return (
    <g>
      <title>{`${bar.label}: ${series.map(({ name }, nth) => `${name} ${number(bar.counts[nth] ?? 0)}`).join(", ")}`}</title>
      {series.map(({ tone }, nth) => {
        const height = ((bar.counts[nth] ?? 0) / most) * (HEIGHT - 2);
        if (height === 0) return null;
        top -= height;
        const [x, y, width] = [place * (at + GAP / 2), top, place * (1 - GAP)].map((each) => each.toFixed(1));
        return <rect class={`fill-${tone}`} x={x} y={y} width={width} height={height.toFixed(1)} />;
      })}
    </g>
  );
}

/** The colour of a kind, as a square; its name stands beside it. */
export function Key({ tone }: { tone: Tone }) {
  return (
    <svg class="key" viewBox="0 0 10 10" aria-hidden="true">
      <rect class={`fill-${tone}`} width="10" height="10" rx="2" />
    </svg>
  );
}

/** A share as a thin bar beside its number, which says the same. */
export function Share({ of, tone }: { of: number; tone: Tone }) {
  const width = Math.max(0, Math.min(100, of * 100)).toFixed(1);
  return (
    <svg class="share" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect class="fill-none" width="100" height="6" />
      <rect class={`fill-${tone}`} width={width} height="6" />
    </svg>
  );
}

/** What a chart shows, as a table for whoever does not see it. */
function AsTable({
  title,
  heads,
  rows,
}: {
  title: string;
  heads: readonly string[];
  rows: readonly (readonly Child[])[];
}) {
  return (
    <details class="as-table small">
      <summary>As a table</summary>
      <div class="table-wrap" tabindex={0} role="region" aria-label={`${title}, as a table`}>
        <table class="table plain-cells">
          <caption class="said">{title}</caption>
          <thead>
            <tr>
              <th scope="col">Time</th>
              {heads.map((head) => (
                <th scope="col" class="num">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(([label, ...cells]) => (
              <tr>
                <th scope="row">{label}</th>
                {cells.map((cell) => (
                  <td class="num">{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

/** How charts and the overview look; appended to the console's style. */
export const CHART_STYLE = `
.fill-good{fill:var(--good)}.fill-bad{fill:var(--bad)}.fill-wait{fill:var(--wait)}.fill-calm{fill:var(--strong)}.fill-none{fill:var(--sunk)}
.chart{display:grid;gap:var(--s3)}
.plot{display:grid;gap:var(--s1)}
.plot svg{display:block;width:100%;height:12rem}
.plot .most{justify-self:start}
.grid{stroke:var(--line);stroke-width:1;vector-effect:non-scaling-stroke}
.axis{display:flex;justify-content:space-between}
.legend{display:flex;flex-wrap:wrap;gap:var(--s2) var(--s5)}
.legend li{display:flex;gap:var(--s2);align-items:center}
.key{width:.75rem;height:.75rem;flex:none}
.share{display:block;width:100%;min-width:3rem;height:.375rem;border-radius:99px;margin-top:var(--s1)}
.as-table summary{cursor:pointer;color:var(--accent);padding:var(--s1) 0}
.as-table .table-wrap{max-height:20rem;overflow:auto;margin-top:var(--s2)}
.plain-cells th[scope=row]{font-weight:400;color:inherit;white-space:nowrap}
.plain-cells td,.plain-cells th{padding:var(--s1) var(--s3)}
.tiles.figures{grid-template-columns:repeat(auto-fit,minmax(min(100%,9.5rem),1fr));margin:0 0 var(--s5);gap:var(--s4)}
.figures .tile{gap:var(--s1);padding:var(--s4);color:inherit;text-decoration:none}
.figures a.tile:hover{border-color:var(--strong)}
.figures li{display:grid}
.figures .figure{font-size:var(--t6);font-weight:650;letter-spacing:-.01em}
.figures .figure .nowrap{font-size:var(--t5)}
.dense .table-wrap{container-type:normal;overflow-x:auto}
.dense .table td,.dense .table th{padding:var(--s2)}
.dense .table th{white-space:normal;vertical-align:bottom}
.dense .table .share{min-width:2.5rem}
@media (max-width:40rem){.dense.card{padding:var(--s3)}.dense .table .opt{display:none}.dense .table td,.dense .table th,.dense .table .badge{padding-left:.1875rem;padding-right:.1875rem;font-size:var(--t1)}.dense .table .id{font-size:.75rem}.dense .table-wrap{border:0}.dense .table th{font-size:.75rem}.dense .table td:first-child,.dense .table th:first-child{padding-left:0}}
@media (min-width:70rem) and (max-width:90rem){.halves .dense .table .opt{display:none}}
.halves{display:grid;gap:var(--s5);grid-template-columns:minmax(0,1fr);align-items:start;margin-bottom:var(--s5)}
.halves>*{margin-bottom:0}
@media (min-width:70rem){.halves{grid-template-columns:minmax(0,1fr) minmax(0,1fr)}}
@media (min-width:110rem){.halves.three{grid-template-columns:repeat(3,minmax(0,1fr))}.three .table .opt{display:none}}
.todo{display:grid;gap:var(--s2);margin-top:var(--s2)}
@media print{.fill-good,.fill-bad,.fill-wait,.fill-calm,.fill-none{print-color-adjust:exact}.as-table{display:block}}
`;
