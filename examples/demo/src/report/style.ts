/**
 * The report's looks. Blue and vermilion are the pair of the Okabe–Ito palette that every kind of colour vision tells apart;
 * the lines differ in width and are named on the chart, too.
 */
export const style = `
:root { color-scheme: light dark;
  --page: #ffffff; --ink: #16202b; --quiet: #56616e; --rule: #dfe4ea; --panel: #f6f8fa;
  --bare: #d55e00; --bare-text: #ad4b00; --holdfast: #0072b2; --holdfast-text: #00629a; --offered: #8a949f30;
  --band: #d55e0014; --band-text: #9a4300; --good: #0b6b3a; --bad: #a3210f; }
@media (prefers-color-scheme: dark) { :root {
  --page: #11161c; --ink: #e8edf2; --quiet: #9ba7b4; --rule: #2c3540; --panel: #191f27;
  --bare: #ff9a4d; --bare-text: #ffab6b; --holdfast: #56b4e9; --holdfast-text: #7cc6f0; --offered: #7d889438;
  --band: #ff9a4d1c; --band-text: #ffb27a; --good: #5fd39a; --bad: #ff8d7a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 40px 24px 56px; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 6px; letter-spacing: -0.01em; }
h2 { font-size: 19px; margin: 40px 0 10px; }
h3 { font-size: 15px; margin: 0 0 4px; }
p { margin: 0 0 12px; max-width: 76ch; }
.lead { color: var(--quiet); }
.verdict { font-size: 18px; font-weight: 600; margin: 18px 0 22px; max-width: none; padding: 12px 16px; border-left: 5px solid; background: var(--panel); border-radius: 0 8px 8px 0; }
.verdict.held { border-color: var(--good); } .verdict.not-held { border-color: var(--bad); }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 12px; margin: 0 0 28px; padding: 0; }
.tile { background: var(--panel); border: 1px solid var(--rule); border-radius: 10px; padding: 14px 16px; }
.tile dt { font-size: 13.5px; color: var(--quiet); line-height: 1.35; min-height: 2.7em; }
.tile dd { margin: 6px 0 0; font-variant-numeric: tabular-nums; }
.tile .with { font-size: 27px; font-weight: 650; color: var(--holdfast-text); line-height: 1.15; }
.tile .without { font-size: 14.5px; color: var(--bare-text); }
.legend { display: flex; gap: 24px; flex-wrap: wrap; font-size: 14.5px; margin: 0 0 8px; padding: 0; list-style: none; }
.legend svg { width: 30px; height: 10px; margin-right: 8px; vertical-align: middle; overflow: visible; }
.charts { display: grid; grid-template-columns: 1fr 1fr; gap: 16px; }
figure { margin: 0; border: 1px solid var(--rule); border-radius: 10px; padding: 14px 14px 8px; break-inside: avoid; }
figure:first-child { grid-column: 1 / -1; }
figure svg { display: block; width: 100%; height: auto; font-family: inherit; font-size: 12px; }
figcaption { font-size: 13.5px; color: var(--quiet); line-height: 1.4; padding: 2px 0 4px; }
.line { fill: none; stroke-linejoin: round; stroke-linecap: round; }
.line.bare { stroke: var(--bare); stroke-width: 2; } .line.holdfast { stroke: var(--holdfast); stroke-width: 3; }
.area.offered { fill: var(--offered); }
.dot { stroke: var(--page); stroke-width: 1.5; } .dot.bare { fill: var(--bare); } .dot.holdfast { fill: var(--holdfast); }
.note { font-weight: 600; paint-order: stroke; stroke: var(--page); stroke-width: 4px; stroke-linejoin: round; }
.note.bare { fill: var(--bare-text); } .note.holdfast { fill: var(--holdfast-text); }
.grid { stroke: var(--rule); stroke-width: 1; } .tick, .level-text { fill: var(--quiet); }
.level { stroke: var(--quiet); stroke-width: 1; stroke-dasharray: 5 4; }
.band { fill: var(--band); } .band-text { fill: var(--band-text); font-weight: 600; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: 7px 12px; border-bottom: 1px solid var(--rule); text-align: right; font-weight: 400; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
thead th { font-weight: 600; font-size: 14px; vertical-align: bottom; }
thead .bare { color: var(--bare-text); } thead .holdfast { color: var(--holdfast-text); }
.figures td:last-child { font-weight: 600; }
.numbers { font-size: 13px; } .numbers th, .numbers td { padding: 3px 8px; }
.scroll { overflow-x: auto; }
summary { cursor: pointer; font-weight: 600; }
ul { padding-left: 20px; max-width: 76ch; margin: 0 0 12px; } li { margin-bottom: 5px; }
footer { margin-top: 40px; padding-top: 12px; border-top: 1px solid var(--rule); color: var(--quiet); font-size: 13.5px; }
@media (max-width: 760px) { .tiles { grid-template-columns: 1fr 1fr; } .charts { grid-template-columns: 1fr; } }
@media print { :root { color-scheme: light;
  --page: #ffffff; --ink: #000000; --quiet: #444444; --rule: #cccccc; --panel: #ffffff;
  --bare: #d55e00; --bare-text: #8a3c00; --holdfast: #0072b2; --holdfast-text: #004d7a; --offered: #77777730; --band: #d55e0014; --band-text: #7a3500; }
  main { max-width: none; padding: 0; } body { font-size: 11pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  h2 { break-after: avoid; } .tiles, table { break-inside: avoid; } details:not([open]) { display: none; } }
`;
