/** The style sheet of `report.html`: one column of text, figures and tables as wide as the page allows. */
export const styleSheet = `
:root { color-scheme: light; --text: #1f2328; --muted: #59636e; --line: #d8dee4; --faint: #f6f8fa; --accent: #0b5cad; --warn: #9a3412; --warn-ground: #fff7ed; --bad: #b42318; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem clamp(1rem, 4vw, 3rem) 4rem; max-width: 84rem; color: var(--text); background: #fff; font: 16px/1.55 "IBM Plex Sans", system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { margin: 0; font-size: 1.05rem; font-weight: 600; color: var(--muted); }
h2 { margin: 3rem 0 .75rem; font-size: 1.3rem; line-height: 1.3; }
h3 { margin: 1.75rem 0 .5rem; font-size: 1.05rem; }
p, ul, figcaption, .notes { max-width: 46rem; }
ul { padding-left: 1.2rem; }
li { margin: .35rem 0; }
a { color: var(--accent); }
.conditions { margin: .15rem 0 0; color: var(--muted); font-size: .9rem; }
.headline { margin: 1.5rem 0 .75rem; max-width: 46rem; font-size: clamp(1.25rem, 3.4vw, 1.65rem); line-height: 1.35; font-weight: 600; }
.badge { display: inline-block; margin-left: .5rem; padding: .05rem .5rem; border-radius: 1rem; background: var(--warn-ground); color: var(--warn); font-size: .8rem; font-weight: 600; }
.caution { max-width: 48rem; margin: 1.5rem 0; padding: .75rem 1.1rem; border-left: 4px solid #e76300; background: var(--warn-ground); }
.caution h2 { margin: 0; font-size: 1.05rem; }
.caution ul { margin: .4rem 0 0; }
nav { margin: 1.5rem 0 0; font-size: .9rem; color: var(--muted); }
nav a { margin-right: 1rem; white-space: nowrap; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .55rem .35rem 0; text-align: left; vertical-align: top; white-space: nowrap; }
td.loss { white-space: normal; min-width: 6rem; max-width: 16rem; overflow-wrap: anywhere; }
th { border-bottom: 1.5px solid var(--text); font-weight: 600; vertical-align: bottom; }
td { border-bottom: 1px solid var(--line); }
.number { text-align: right; }
.interval { color: var(--muted); font-size: .92em; }
.tied { color: var(--accent); }
tr.control td { color: var(--muted); background: var(--faint); }
td.failure { color: var(--bad); white-space: normal; }
.notes { color: var(--muted); font-size: .88rem; }
.notes p { margin: .3rem 0; }
figure { margin: 1rem 0 2rem; }
figure svg, figure img { display: block; max-width: 100%; height: auto; }
figcaption { margin-top: .4rem; color: var(--muted); font-size: .88rem; }
details { margin: .75rem 0; }
summary { cursor: pointer; color: var(--accent); }
pre { overflow-x: auto; padding: .9rem 1rem; background: var(--faint); border-radius: 6px; font: .85rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .9em; }
@media (max-width: 44rem) { figure svg, figure img { max-width: none; width: max(100%, 40rem); } }
@media print { details, .scroll { overflow: visible; } nav { display: none; } }
`;
